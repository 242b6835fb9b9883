import { addUsage, noUsage, type Usage } from "../../sdk/contract/index.ts";
import type { ModelEnd, StoredMessage } from "../providers/provider.ts";
import { meteredStep } from "./metered-step.ts";
import type { RunProgress } from "./state.ts";
import { silent } from "./silent-provider.ts";
import { StepFailed } from "./step.ts";
import type { Summary } from "./summary.ts";
import { materialOf } from "./summary-material.ts";
import { summaryRequest } from "./summary-request.ts";
import { CHARS_PER_TOKEN } from "./token-estimate.ts";
import type { Turn, TurnOutput } from "./turn.ts";

// What the material may take of the window, by an estimate that is off by up to the factor left free.
const WINDOW_SHARE = 0.5;
const UNKNOWN_WINDOW = 128_000;
/** Each try after one that was too long shows half as much. */
const TRIES = 4;

/** The summary as the model wrote it, or why there is none, and what it has cost. */
export interface SummaryAnswer {
  /** Empty if there is none. */
  text: string;
  error?: string;
  kind?: string;
  usage: Usage;
}

/** Asks for a summary of the messages, with less of them each time they were too long for the model. */
export async function* summarise(
  turn: Turn,
  material: { messages: readonly StoredMessage[]; earlier: Summary | undefined },
  progress: RunProgress,
): AsyncGenerator<TurnOutput, SummaryAnswer> {
  const { settings, signal } = turn;
  const provider = silent(turn.provider);
  const most = (settings.contextWindow ?? UNKNOWN_WINDOW) * WINDOW_SHARE * CHARS_PER_TOKEN;
  // Half of what it would have been, not of what it might have been.
  let chars = materialOf(material.messages, most).length;
  let usage = noUsage;
  for (let tries = 1; ; tries += 1, chars /= 2) {
    const request = summaryRequest(turn, { ...material, chars });
    const step = meteredStep(turn, { provider, request, retry: settings.retry, signal });
    try {
      for (;;) {
        const next = await step.next();
        if (next.done) return answerOf(next.value, usage);
        if (next.value.type !== "boundary") continue;
        yield { ...next.value, type: "commit", messages: [], progress };
      }
    } catch (cause) {
      if (!(cause instanceof StepFailed)) throw cause;
      usage = addUsage(usage, cause.usage ?? noUsage);
      const { kind, message: error } = cause.cause;
      if (kind !== "context_too_long" || tries === TRIES) return { text: "", error, kind, usage };
    }
  }
}

function answerOf(end: ModelEnd | undefined, before: Usage): SummaryAnswer {
  const texts = end?.blocks.map((block) => (block.block_type === "text" ? block.data.text : ""));
  const text = texts?.join("").trim() ?? "";
  return { text, usage: addUsage(before, end?.usage ?? noUsage) };
}

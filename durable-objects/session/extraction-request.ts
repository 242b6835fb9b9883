import type { ModelRequest, StoredMessage } from "../providers/provider.ts";
import { lowered } from "../providers/schema/lowering.ts";
import type { OutputSchema } from "../providers/schema/output-schema.ts";
import type { SchemaWarning } from "../../sdk/contract/output-schema.ts";
import { modelRequest } from "./model-request.ts";
import type { ExtractionProgress } from "./state.ts";
import type { Turn } from "./turn.ts";

const DEFAULT_PROMPT =
  "Give your answer above once more, as one JSON object that fits the required JSON Schema. " +
  "Reply with the JSON alone: no other words, no code fence.";

/**
 * The call that asks for the answer as JSON: the whole transcript, the request, and after a failure
 * what was wrong. None of it is kept in the transcript, which holds what people and models said.
 */
export function extractionRequest(
  turn: Turn & { output: OutputSchema },
  transcript: readonly StoredMessage[],
  state: ExtractionProgress,
): ModelRequest {
  const { output, settings } = turn;
  const { prompt = DEFAULT_PROMPT } = settings.extraction ?? {};
  const native = lowered(settings.provider, output);
  // A vendor that refused may have refused either; a model that is told in words needs neither.
  const isPlain = state.refusal !== undefined;
  const format = isPlain ? undefined : native.format;
  const isTold = format !== undefined && native.warnings.length === 0;
  const schema = isTold ? "" : `\n\nThe JSON Schema:\n${JSON.stringify(output.schema)}`;
  const messages = [...transcript, said(prompt + schema), ...complaint(state)];
  const request = modelRequest(turn, messages);
  // Nobody joins this call again after a crash.
  const { background: _unseen, ...params } = request.params;
  return {
    ...request,
    params,
    mayNotCall: true,
    format,
    temperature: !isPlain && request.traits.temperature ? 0 : undefined,
  };
}

/** What of the schema the model was told in words only, or not at all. */
export function schemaWarnings(
  { output, settings }: Turn & { output: OutputSchema },
  refusal: string | undefined,
): SchemaWarning[] {
  const { provider } = settings;
  const { warnings } = lowered(provider, output);
  if (refusal === undefined) return warnings;
  const message = `The provider refused the schema, so the model was told in words: ${refusal}`;
  return [...warnings, { provider, path: "", message }];
}

/** The last try and what was wrong with it, so that the next one is better. */
function complaint({ lastOutput, reason }: ExtractionProgress): StoredMessage[] {
  if (reason === "") return [];
  const again = said(
    `That does not fit the schema:\n${reason}\n\nReply with the corrected JSON alone.`,
  );
  if (lastOutput === "") return [again];
  const created_at = new Date().toISOString();
  const blocks = [{ block_type: "text" as const, data: { text: lastOutput } }];
  return [{ role: "block_assistant", blocks, stop_reason: "end_turn", created_at }, again];
}

function said(content: string): StoredMessage {
  return { role: "user", content, created_at: new Date().toISOString() };
}

import { AppError, type Content, type Initiator, noUsage } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import type { Change } from "./journal.ts";
import { promptText, turnMessages } from "./prompt.ts";
import type { TurnChoices } from "./settings.ts";
import type { ModelIdentity, RunSettings, SessionState } from "./state.ts";

/** A request for a turn, checked against the contract by the Worker. */
export interface TurnRequest extends TurnChoices {
  /** Made by the caller, so that it can ask for the result whatever happens to the connection. */
  run_id: string;
  prompt: Content;
  system_prompt?: string | null | undefined;
  additional_instructions?: string[] | null | undefined;
  idempotency_key?: string | null | undefined;
  /** What to do while another turn runs: wait for it, or join it; without it the request is refused. */
  handling_mode?: "queue" | "steer" | null | undefined;
  /** Added by the Worker: part of what is told of the turn, not of what was asked. */
  initiator?: Initiator | undefined;
}

/**
 * The change that admits a turn: its messages, its first events and the lease, in one transaction.
 * @throws {AppError} `SESSION_BUSY` while another turn runs.
 */
export function admission(
  sessionId: string,
  state: Pick<SessionState, "run"> | undefined,
  turn: {
    request: TurnRequest;
    identity: ModelIdentity;
    settings: RunSettings;
    before?: StoredMessage[];
    /** Set if it waited in the queue first: since when, Unix milliseconds. */
    queuedAt?: number | undefined;
  },
): Change {
  if (state?.run) throw busy(state.run.runId);
  const { request, identity, settings, before = [], queuedAt } = turn;
  const { run_id, prompt } = request;
  const text = promptText(prompt);
  return {
    messages: [...before, ...opened(turnMessages(prompt, request, run_id))],
    events: [
      {
        type: "run_started",
        session_id: sessionId,
        run_id,
        prompt: text,
        input: { kind: "content", content: text },
      },
      { type: "turn_started", turn_number: 0 },
    ],
    state: ({ first, last }) => ({
      identity,
      run: {
        runId: run_id,
        settings,
        firstSeq: first,
        stepSeq: last,
        startedAt: Date.now(),
        progress: { turns: 0, toolCalls: 0, usage: noUsage },
        recoveries: 0,
        queuedAt,
        initiator: request.initiator,
      },
    }),
  };
}

/** Marks where the turn begins: what had waited before it outlives it when it is undone. */
function opened([first, ...rest]: StoredMessage[]): StoredMessage[] {
  return first ? [{ ...first, opensTurn: true }, ...rest] : [];
}

/** What changes about a session, as it is before its first turn. */
export function newState(
  { output_schema }: TurnChoices,
  identity: ModelIdentity,
  updatedAt: number,
): Omit<SessionState, "messageCount"> {
  const state = { reservedUntil: 0, identity, usage: noUsage, updatedAt };
  return output_schema ? { ...state, hasOutputSchema: true } : state;
}

/** The refusal of a turn that neither waits nor joins. */
export function busy(runId: string | undefined): AppError {
  return new AppError("SESSION_BUSY", "A turn is already running on this session", {
    reason: "busy",
    ...(runId === undefined ? {} : { run_id: runId }),
  });
}

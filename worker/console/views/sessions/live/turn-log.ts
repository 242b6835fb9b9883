import type { AgentEvent, AgentEventEnvelope } from "meerkat-edge";
import {
  callOf,
  type CallFacts,
  endOf,
  lineOf,
  type LivePiece,
  type LiveStep,
  type TurnFacts,
} from "./turn-facts.ts";

/** What the events of a session have told so far: facts about turns and calls, and the turn that goes on. */
export class TurnLog {
  readonly turns = new Map<string, TurnFacts>();
  readonly calls = new Map<string, CallFacts>();
  /** The newest turn, while it goes on and until the transcript has its end. */
  current: TurnFacts | undefined;
  steps: LiveStep[] = [];

  /** Whether a turn goes on, as far as was told. */
  get isRunning(): boolean {
    return this.current !== undefined && this.current.end === undefined;
  }

  /** Takes in the next event. */
  add(envelope: AgentEventEnvelope): void {
    const { payload: event, seq } = envelope;
    if (event.type === "run_started") this.#begin(envelope, event);
    const call = callOf(event);
    if (call) this.calls.set(call.id, call.facts);
    const line = lineOf(event);
    if (line) this.current?.lines.push({ ...line, seq, step: this.#step.step });
    this.#show(event);
    if (event.type === "run_completed" || event.type === "run_failed") this.#end(envelope);
  }

  /** Forgets the turn that is over, once the transcript has its messages. */
  settle(): void {
    if (this.isRunning) return;
    this.current = undefined;
    this.steps = [];
  }

  get #step(): LiveStep {
    return this.steps.at(-1) ?? { step: 0, pieces: [], calls: [] };
  }

  #begin(
    { seq, timestampMs }: AgentEventEnvelope,
    { runId, prompt }: Extract<AgentEvent, { type: "run_started" }>,
  ): void {
    this.current = { runId, seq, prompt, startedMs: timestampMs, lines: [] };
    this.turns.set(runId, this.current);
    this.steps = [];
  }

  #show(event: AgentEvent): void {
    const { pieces, calls } = this.#step;
    switch (event.type) {
      case "turn_started":
        this.steps.push({ step: event.turnNumber, pieces: [], calls: [] });
        break;
      case "step_restarted":
        pieces.length = 0;
        break;
      case "text_delta":
        append(pieces, "text", event.delta);
        break;
      case "reasoning_delta":
        append(pieces, "thinking", event.delta);
        break;
      case "tool_call_requested":
        calls.push({ id: event.id, name: event.name, args: event.args });
        break;
      case "tool_execution_completed": {
        const call = calls.find(({ id }) => id === event.id);
        if (call) call.result = { content: event.content, isError: event.isError };
        break;
      }
      case "model_fallback":
        // What a step before it used is not told apart from what comes after it.
        if (this.current) this.current.model = event.turnNumber === 0 ? event.to.model : null;
        break;
      default:
    }
  }

  #end(envelope: AgentEventEnvelope): void {
    const { payload } = envelope;
    if (payload.type !== "run_completed" && payload.type !== "run_failed") return;
    // A turn that was taken back from the queue ends without having begun.
    const turn = this.turns.get(payload.runId);
    if (!turn) return;
    Object.assign(turn, endOf(envelope));
    const step = this.steps.at(-1);
    if (turn.end === "cancelled" && turn === this.current && step) turn.unfinished = step;
  }
}

function append(pieces: LivePiece[], kind: LivePiece["kind"], text: string): void {
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}

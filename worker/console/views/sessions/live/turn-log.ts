import type { AgentEvent, AgentEventEnvelope } from "meerkat-edge";
import {
  callOf,
  type CallFacts,
  endOf,
  lineOf,
  type TurnFacts,
  type Usage,
  usageBetween,
} from "./turn-facts.ts";

/** A piece of what the model says in a step that goes on. */
export interface LivePiece {
  kind: "text" | "thinking";
  text: string;
}

/** A model call as it is told, until the transcript has it. */
export interface LiveStep {
  /** Its place in the turn, from 0. */
  step: number;
  pieces: LivePiece[];
  calls: { id: string; name: string; args: unknown; result?: LiveResult }[];
}

type Completed = Extract<AgentEvent, { type: "tool_execution_completed" }>;
type LiveResult = Pick<Completed, "content" | "isError">;

const noTokens: Usage = { inputTokens: 0, outputTokens: 0 };

/** What the events of a session have told so far: facts about turns and calls, and the turn that goes on. */
export class TurnLog {
  readonly turns = new Map<string, TurnFacts>();
  readonly calls = new Map<string, CallFacts>();
  /** The newest turn, while it goes on and until the transcript has its end. */
  current: TurnFacts | undefined;
  steps: LiveStep[] = [];
  #spent: Usage | undefined;

  /** @param isFromStart whether no event came before the first that will be told */
  constructor(isFromStart: boolean) {
    this.#spent = isFromStart ? noTokens : undefined;
  }

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
    if (payload.type === "run_completed") {
      if (this.#spent) turn.usage = usageBetween(this.#spent, payload.usage);
      this.#spent = payload.usage;
    }
  }
}

function append(pieces: LivePiece[], kind: LivePiece["kind"], text: string): void {
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}

/** Members of a message, as they go over the wire. */
export type Params = Record<string, unknown>;

type Payload = Params & { type: string };
type Watcher = (event: Params) => void;

/** A turn that asks for a tool and answers: what the scripted deployment plays. */
export const toolTurn: readonly Payload[] = [
  { type: "turn_started", turn_number: 0 },
  { type: "text_delta", delta: "Let me " },
  { type: "text_delta", delta: "look. " },
  { type: "text_complete", content: "Let me look. " },
  { type: "tool_call_requested", id: "call_1", name: "look", args: { deep_key: { x_y: 1 } } },
  { type: "tool_execution_started", id: "call_1", name: "look" },
  { type: "tool_result_received", id: "call_1", name: "look", is_error: false, content: [] },
  { type: "turn_started", turn_number: 1 },
  { type: "text_delta", delta: "It is blue." },
  { type: "text_complete", content: "It is blue." },
  { type: "turn_completed", stop_reason: "end_turn", usage: { input_tokens: 1, output_tokens: 2 } },
];

/** One session's log, and who watches it. */
export class ScriptedSession {
  readonly id = crypto.randomUUID();
  readonly log: Params[] = [];
  readonly #watchers = new Set<Watcher>();

  /** Appends an event, for all who watch. */
  emit(payload: Payload): void {
    const seq = this.log.length + 1;
    const event = {
      ...payload,
      event_id: `event-${seq}`,
      source_id: `session:${this.id}`,
      source: { type: "session", session_id: this.id },
      seq,
      timestamp_ms: 1_000 + seq,
      payload,
    };
    this.log.push(event);
    for (const watcher of this.#watchers) watcher(event);
  }

  watch(after: number, watcher: Watcher): () => void {
    for (const event of this.log) if (Number(event.seq) > after) watcher(event);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

/** Any JSON object of the vendor's wire. */
type Json = Record<string, unknown>;

/** One server-sent event of Anthropic's, named after its type. */
export function event(data: Json & { type: string }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What opens every stream. */
export function messageStart(usage: Json = {}): string {
  const message = {
    id: "msg_01",
    type: "message",
    role: "assistant",
    model: "claude-opus-5",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: 1, ...usage },
  };
  return event({ type: "message_start", message });
}

/** A content block: as it starts, what it grows by, its end. */
export function block(index: number, content_block: Json, deltas: readonly Json[] = []): string[] {
  return [
    event({ type: "content_block_start", index, content_block }),
    ...deltas.map((delta) => event({ type: "content_block_delta", index, delta })),
    event({ type: "content_block_stop", index }),
  ];
}

/** A block of text in these deltas. */
export function textBlock(index: number, ...texts: string[]): string[] {
  const deltas = texts.map((text) => ({ type: "text_delta", text }));
  return block(index, { type: "text", text: "" }, deltas);
}

/** A block of thinking with its seal. */
export function thinkingBlock(index: number, thinking: string, signature: string): string[] {
  return block(index, { type: "thinking", thinking: "", signature: "" }, [
    { type: "thinking_delta", thinking },
    { type: "signature_delta", signature },
  ]);
}

/** A tool call whose arguments come in these fragments of JSON. */
export function toolBlock(index: number, id: string, ...fragments: string[]): string[] {
  const deltas = fragments.map((partial_json) => ({ type: "input_json_delta", partial_json }));
  return block(index, { type: "tool_use", id, name: "lookup", input: {} }, deltas);
}

/** What closes every stream. */
export function messageEnd(stop_reason: string, usage: Json = {}): string[] {
  return [
    event({
      type: "message_delta",
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: 7, ...usage },
    }),
    event({ type: "message_stop" }),
  ];
}

/** An error, as a body or in mid-stream. */
export function failure(type: string, message: string): Json & { type: string } {
  return { type: "error", error: { type, message }, request_id: "req_01" };
}

import type { Message, SessionInfo } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";

/** What a caller may see of a session's events, wherever they leave the Worker. */
export interface EventView {
  /** Nothing up to this place is shown. */
  after: number;
  /** Complete events as text, one JSON object per line or server-sent, as they may be shown. */
  shown(text: string): string;
}

const HIDDEN = "[redacted]";

/** What a caller's confinement leaves of a session's events; for most callers nothing is parsed. */
export function eventView({ confines }: Pick<Caller, "confines">): EventView {
  const { after = 0, redact_tools: isRedacted = false } = confines?.watching ?? {};
  return { after, shown: (text) => (isRedacted ? redacted(text) : text) };
}

/** Where a reader starts who asked for `after`; without a beginning of its own a view follows whatever is asked. */
export function startIn(view: EventView, after: number | undefined): number | undefined {
  return after === undefined && view.after === 0 ? undefined : Math.max(after ?? 0, view.after);
}

/** A session's state without what was said before the caller's first event. */
export function infoFor({ confines }: Pick<Caller, "confines">, info: SessionInfo): SessionInfo {
  if (!confines?.watching?.after) return info;
  const { last_assistant_text: _said, ...shown } = info;
  return shown;
}

/** A message of the transcript without what tools were called with and answered. */
export function withoutTools(message: Message): Message {
  if (message.role === "tool_results") {
    const results = message.results.map((result) => ({ ...result, content: HIDDEN }));
    return { ...message, results };
  }
  if (message.role !== "block_assistant") return message;
  return {
    ...message,
    blocks: message.blocks.map((block) => {
      if (block.block_type === "tool_use") {
        return { ...block, data: { ...block.data, args: { redacted: true } } };
      }
      if (block.block_type !== "server_tool_content") return block;
      return { ...block, data: { ...block.data, content: HIDDEN } };
    }),
  };
}

function redacted(text: string): string {
  return text.split("\n").map(redactedLine).join("\n");
}

function redactedLine(line: string): string {
  const start = line.startsWith("data: ") ? "data: ".length : 0;
  // Deltas are most of a log and hold no more than what the model says.
  if (line[start] !== "{" || /^\{"type":"(?:text|reasoning)_delta"/.test(line.slice(start))) {
    return line;
  }
  // Our own object wrote the line: see its envelope.
  const event: { payload?: object } = JSON.parse(line.slice(start));
  const shown = { ...withoutArguments(event) };
  if (event.payload) shown.payload = withoutArguments(event.payload);
  return line.slice(0, start) + JSON.stringify(shown);
}

function withoutArguments<Event extends object>(event: Event): Event {
  const type = "type" in event ? String(event.type) : "";
  if (!/^(?:tool|interaction)_/.test(type)) return event;
  return {
    ...event,
    ...("args" in event ? { args: { redacted: true } } : {}),
    ...("result" in event ? { result: HIDDEN } : {}),
    ...("content" in event ? { content: [{ type: "text", text: HIDDEN }] } : {}),
  };
}

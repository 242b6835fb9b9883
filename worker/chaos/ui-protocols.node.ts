import { type BaseEvent, EventType } from "@ag-ui/client";
import type { UIMessageChunk } from "ai";
import { withoutVoided } from "./joined.node.ts";
import type { Seen } from "./view.node.ts";

/** What an event opens or closes in a UI's words; both protocols below share this reading of the log. */
type Reading =
  | { kind: "start" | "finish" | "fail"; id: string; message?: string }
  | { kind: "open" | "close"; part: "text" | "reasoning"; id: string }
  | { kind: "delta"; part: "text" | "reasoning"; id: string; delta: string }
  | { kind: "call"; id: string; name: string; args: unknown }
  | { kind: "result"; id: string; content: unknown; isError: boolean };

/** One run's events as UIs think of them: parts that open, grow and close. */
function* readings(run: readonly Seen[]): Generator<Reading> {
  let open: { part: "text" | "reasoning"; id: string } | undefined;
  for (const { seq, type, event } of withoutVoided(run)) {
    const part = type.startsWith("reasoning") ? "reasoning" : "text";
    const isDelta = type === "text_delta" || type === "reasoning_delta";
    if (open && (!isDelta || open.part !== part)) {
      yield { kind: "close", ...open };
      open = undefined;
    }
    if (isDelta && !open) {
      open = { part, id: `${part}-${seq}` };
      yield { kind: "open", ...open };
    }
    if (isDelta && open) yield { kind: "delta", ...open, delta: String(event.delta) };
    const id = String(event.id);
    const runId = String(event.runId);
    if (type === "run_started") yield { kind: "start", id: runId };
    else if (type === "run_completed") yield { kind: "finish", id: runId };
    else if (type === "run_failed") {
      yield { kind: "fail", id: runId, message: String(event.error) };
    } else if (type === "tool_call_requested") {
      yield { kind: "call", id, name: String(event.name), args: event.args };
    } else if (type === "tool_result_received") {
      yield { kind: "result", id, content: event.content, isError: event.isError === true };
    }
  }
}

/** A run in the words of AG-UI. */
export function* agUi(run: readonly Seen[], threadId: string): Generator<BaseEvent> {
  const types = {
    text: ["TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END"],
    reasoning: ["REASONING_MESSAGE_START", "REASONING_MESSAGE_CONTENT", "REASONING_MESSAGE_END"],
  } as const;
  const role = { text: "assistant", reasoning: "reasoning" };
  const event = (type: keyof typeof EventType, members: object): BaseEvent => ({
    type: EventType[type],
    ...members,
  });
  for (const reading of readings(run)) {
    switch (reading.kind) {
      case "start":
        yield event("RUN_STARTED", { threadId, runId: reading.id });
        break;
      case "finish":
        yield event("RUN_FINISHED", { threadId, runId: reading.id });
        break;
      case "fail":
        yield event("RUN_ERROR", { message: reading.message });
        break;
      case "open":
        yield event(types[reading.part][0], { messageId: reading.id, role: role[reading.part] });
        break;
      case "delta":
        yield event(types[reading.part][1], { messageId: reading.id, delta: reading.delta });
        break;
      case "close":
        yield event(types[reading.part][2], { messageId: reading.id });
        break;
      case "call":
        yield event("TOOL_CALL_START", { toolCallId: reading.id, toolCallName: reading.name });
        yield event("TOOL_CALL_ARGS", {
          toolCallId: reading.id,
          delta: JSON.stringify(reading.args),
        });
        yield event("TOOL_CALL_END", { toolCallId: reading.id });
        break;
      case "result":
        yield event("TOOL_CALL_RESULT", {
          messageId: `result-${reading.id}`,
          toolCallId: reading.id,
          content: JSON.stringify(reading.content),
        });
        break;
    }
  }
}

/** A run in the words of the AI SDK's UI message stream. */
export function* uiChunks(run: readonly Seen[]): Generator<UIMessageChunk> {
  for (const reading of readings(run)) {
    switch (reading.kind) {
      case "start":
        yield { type: "start", messageId: reading.id };
        break;
      case "finish":
        yield { type: "finish" };
        break;
      case "fail":
        yield { type: "error", errorText: reading.message ?? "" };
        break;
      case "open":
        yield { type: `${reading.part}-start`, id: reading.id };
        break;
      case "delta":
        yield { type: `${reading.part}-delta`, id: reading.id, delta: reading.delta };
        break;
      case "close":
        yield { type: `${reading.part}-end`, id: reading.id };
        break;
      case "call": {
        const { id: toolCallId, name: toolName, args: input } = reading;
        yield { type: "tool-input-available", toolCallId, toolName, input, dynamic: true };
        break;
      }
      case "result":
        yield {
          type: "tool-output-available",
          toolCallId: reading.id,
          output: reading.content,
          dynamic: true,
        };
        break;
    }
  }
}

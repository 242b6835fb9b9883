import type { AgentEvent } from "./events.ts";

type EventOf<Type extends AgentEvent["type"]> = Extract<AgentEvent, { type: Type }>;

/** Narrows to a piece of the answer's text. */
export function isTextDelta(event: AgentEvent): event is EventOf<"text_delta"> {
  return event.type === "text_delta";
}

/** Narrows to the whole text of one model step. */
export function isTextComplete(event: AgentEvent): event is EventOf<"text_complete"> {
  return event.type === "text_complete";
}

/** Narrows to the end of the run's last model step. */
export function isTurnCompleted(event: AgentEvent): event is EventOf<"turn_completed"> {
  return event.type === "turn_completed";
}

/** Narrows to the model's wish to use a tool. */
export function isToolCallRequested(event: AgentEvent): event is EventOf<"tool_call_requested"> {
  return event.type === "tool_call_requested";
}

/** Narrows to the good end of a run. */
export function isRunCompleted(event: AgentEvent): event is EventOf<"run_completed"> {
  return event.type === "run_completed";
}

/** Narrows to the bad end of a run. */
export function isRunFailed(event: AgentEvent): event is EventOf<"run_failed"> {
  return event.type === "run_failed";
}

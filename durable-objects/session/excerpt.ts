import { type AgentEvent, type ContentBlock, weight } from "../../sdk/contract/index.ts";

// Every event is sent to every watcher, its payload twice (contract 5.3), and a frame may take 32 MiB.
const SHOWN_CHARS = 64 * 1024;
// The model's own words get more room: clients show them, and no model of today says more at once.
const ANSWER_CHARS = 256 * 1024;

/**
 * The event as everybody is told it. What is very large is shown by its beginning, with `truncated`
 * and `total_chars`; the transcript has it whole, and so do the deltas of an answer.
 */
export function excerpt(event: AgentEvent): AgentEvent {
  switch (event.type) {
    case "run_started": {
      const { prompt, input } = event;
      if (prompt.length <= SHOWN_CHARS) return event;
      const shown = beginning(prompt);
      return {
        ...event,
        prompt: shown,
        input: { ...input, content: shown },
        ...cut(prompt.length),
      };
    }
    case "reasoning_complete":
    case "text_complete": {
      const { content } = event;
      if (content.length <= ANSWER_CHARS) return event;
      return { ...event, content: beginning(content, ANSWER_CHARS), ...cut(content.length) };
    }
    case "run_completed": {
      const { result } = event;
      if (result.length <= ANSWER_CHARS) return event;
      return { ...event, result: beginning(result, ANSWER_CHARS), ...cut(result.length) };
    }
    case "tool_call_requested":
    case "interaction_callback_pending":
      return { ...event, ...shownArguments(event.args) };
    case "tool_execution_completed":
    case "tool_result_received":
      return isLarge(event.content) ? { ...event, ...resultOf(event) } : event;
    default:
      return event;
  }
}

/** Whether a tool's result is too large for an event. */
export function isLarge(content: string | readonly ContentBlock[]): boolean {
  return charsOf(content) > SHOWN_CHARS;
}

/** A delta in pieces of a size that any client can take: some vendors send a whole answer at once. */
export function* pieces<Delta extends AgentEvent & { delta: string }>(
  event: Delta,
): Generator<Delta> {
  let { delta } = event;
  while (delta.length > SHOWN_CHARS) {
    const piece = beginning(delta);
    yield { ...event, delta: piece };
    delta = delta.slice(piece.length);
  }
  yield delta.length === event.delta.length ? event : { ...event, delta };
}

/** A text's beginning, and how much more of it there is. */
export function shortened(text: string): string {
  if (text.length <= SHOWN_CHARS) return text;
  return `${beginning(text)}… [${text.length - SHOWN_CHARS} more characters]`;
}

/** The words of blocks; images are named, not carried. */
export function wordsOf(content: readonly ContentBlock[]): string {
  return content
    .map((block) => (block.type === "text" ? block.text : `[image: ${block.media_type}]`))
    .join("\n");
}

/** A call's arguments; the beginning of their JSON when they are very large. */
export function shownArguments(args: unknown) {
  const text = weight(args) > SHOWN_CHARS ? JSON.stringify(args) : "";
  return text.length > SHOWN_CHARS ? { args: beginning(text), ...cut(text.length) } : { args };
}

function resultOf(event: { content: ContentBlock[]; result?: string }) {
  const { content, result } = event;
  return {
    ...(result === undefined ? {} : { result: beginning(result) }),
    content: [{ type: "text" as const, text: beginning(wordsOf(content)) }],
    ...cut(charsOf(content)),
  };
}

function charsOf(content: string | readonly ContentBlock[]): number {
  if (typeof content === "string") return content.length;
  return content.reduce(
    (sum, block) => sum + (block.type === "text" ? block.text : block.data).length,
    0,
  );
}

function cut(total_chars: number): { truncated: true; total_chars: number } {
  return { truncated: true, total_chars };
}

/** Never ends in half a character. */
function beginning(text: string, chars = SHOWN_CHARS): string {
  const last = text.charCodeAt(chars - 1);
  const isHalf = text.length > chars && last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? chars - 1 : chars);
}

import {
  type AssistantBlock,
  noUsage,
  type StopReason,
  type Usage,
} from "../../sdk/contract/index.ts";
import { type ModelEnd, type ModelEvent, ProviderError } from "./provider.ts";

/** One part of Gemini's content; kinds and fields we do not know pass through untouched. */
type RawPart = Record<string, unknown>;

/** Puts one streamed answer of Gemini together: deltas out as they come, the whole at the end. */
export class GeminiAnswer {
  readonly #parts: RawPart[] = [];
  readonly #blocks: AssistantBlock[] = [];
  #usage: Usage = noUsage;
  #stop: string | undefined;
  #promptBlocked = false;

  /** The vendor said why it stopped; without it the stream was cut. */
  get complete(): boolean {
    return this.#stop !== undefined;
  }

  take(chunk: unknown): ModelEvent[] {
    const { candidates, promptFeedback, usageMetadata } = record(chunk);
    const { content, finishReason } = record(list(candidates)[0]);
    const said = list(record(content)["parts"]).flatMap((part) => this.#add(record(part)));
    const { blockReason } = record(promptFeedback);
    if (typeof blockReason === "string") this.#promptBlocked = true;
    const stop = finishReason ?? blockReason;
    if (typeof stop === "string") this.#stop = stop;
    if (usageMetadata) {
      this.#usage = normalisedUsage(record(usageMetadata));
      said.push({ type: "usage", usage: this.#usage });
    }
    return said;
  }

  end(model: string): ModelEnd {
    const rawStop = this.#stop ?? "";
    if (this.#blocks.length === 0 && !this.#promptBlocked && failures.has(rawStop)) {
      // The model's own slip, often gone at the next try; an empty answer would hide it.
      const message = `gemini gave no answer: ${rawStop}`;
      throw new ProviderError("bad_response", message, { retryable: true });
    }
    return {
      type: "end",
      stop: this.#promptBlocked ? "content_filter" : stopReason(rawStop, this.#blocks),
      rawStop,
      blocks: this.#blocks,
      native: { provider: "gemini", model, content: this.#parts },
      usage: this.#usage,
    };
  }

  #add(part: RawPart): ModelEvent[] {
    const { text, functionCall } = part;
    // An empty part may carry the seal of everything before it; one without a seal is refused in a replay.
    if (text === "" && Object.keys(part).every((key) => key === "text" || key === "thought")) {
      return [];
    }
    this.#parts.push(part);
    if (typeof text === "string") return this.#say(part["thought"] ? "reasoning" : "text", text);
    if (isRecord(functionCall)) this.#call(functionCall);
    else this.#blocks.push(serverContent(part));
    return [];
  }

  #say(type: "text" | "reasoning", delta: string): ModelEvent[] {
    if (delta === "") return [];
    const last = this.#blocks.at(-1);
    if (last?.block_type === type) last.data.text += delta;
    else this.#blocks.push({ block_type: type, data: { text: delta } });
    return [{ type, delta }];
  }

  #call({ id, name, args }: RawPart): void {
    const data = {
      id: typeof id === "string" && id !== "" ? id : `call_${crypto.randomUUID()}`,
      name: typeof name === "string" ? name : "",
      args: args ?? {},
    };
    this.#blocks.push({ block_type: "tool_use", data });
  }
}

function serverContent(part: RawPart): AssistantBlock {
  const kind = Object.keys(part).find((key) => isRecord(part[key])) ?? "unknown";
  return { block_type: "server_tool_content", data: { kind, content: part } };
}

/** There is no stop reason for tool calls: `STOP` says only that the model is done for now. */
function stopReason(raw: string, blocks: readonly AssistantBlock[]): StopReason {
  if (raw === "MAX_TOKENS") return "max_tokens";
  if (filters.has(raw) || raw.startsWith("IMAGE_")) return "content_filter";
  return blocks.some((block) => block.block_type === "tool_use") ? "tool_use" : "end_turn";
}

const filters = new Set([
  "SAFETY",
  "RECITATION",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "LANGUAGE",
  "MODEL_ARMOR",
]);

const failures = new Set([
  "MALFORMED_FUNCTION_CALL",
  "MALFORMED_RESPONSE",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "MISSING_THOUGHT_SIGNATURE",
  "OTHER",
]);

/** Gemini counts thoughts beside the output; we count them within, as they are billed. */
function normalisedUsage(raw: Readonly<Record<string, unknown>>): Usage {
  const thought = count(raw["thoughtsTokenCount"]);
  const cached = count(raw["cachedContentTokenCount"]);
  return {
    input_tokens: count(raw["promptTokenCount"]) + count(raw["toolUsePromptTokenCount"]),
    output_tokens: count(raw["candidatesTokenCount"]) + thought,
    ...(cached > 0 && { cache_read_tokens: cached }),
    ...(thought > 0 && { reasoning_tokens: thought }),
  };
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

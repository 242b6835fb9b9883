import type { AssistantBlock } from "../../sdk/contract/index.ts";
import type { ModelEvent } from "./provider.ts";

/** A content block as Anthropic streams it; types and fields we do not know pass through untouched. */
interface RawBlock {
  type: string;
  [field: string]: unknown;
}

/** One content block of Anthropic growing delta by delta: verbatim for the replay, normalised for us. */
export class AnthropicBlock {
  readonly raw: RawBlock;
  /** The arguments of a tool call, as JSON text. */
  #json = "";
  /** Arguments that turned out to be no JSON object. */
  #broken: string | undefined;

  constructor(start: object) {
    // Typed by the SDK for the blocks it knows; proxies and newer models send others.
    this.raw = { ...start } as RawBlock;
  }

  /** What the block said before any delta, usually nothing. */
  said(): ModelEvent | undefined {
    if (this.raw.type === "text") return delta("text", this.raw["text"]);
    return this.raw.type === "thinking" ? delta("reasoning", this.raw["thinking"]) : undefined;
  }

  grow(change: { type: string }): ModelEvent | undefined {
    // Which fields a delta has depends on its type, and types are added.
    const { type, ...fields } = change as RawBlock;
    if (type === "input_json_delta") {
      this.#json += text(fields["partial_json"]);
      return undefined;
    }
    if (type === "citations_delta") this.#append("citations", [fields["citation"]]);
    for (const name of deltaFields.get(type) ?? Object.keys(fields)) {
      this.#append(name, fields[name]);
    }
    if (type === "text_delta") return delta("text", fields["text"]);
    return type === "thinking_delta" ? delta("reasoning", fields["thinking"]) : undefined;
  }

  /** Parses the arguments, which make sense only as a whole. */
  close(): void {
    if (this.#json.trim() === "") return;
    const input = parsed(this.#json);
    // A call is replayed with an object or refused, however the model mangled it.
    this.raw["input"] = isRecord(input) ? input : {};
    if (!isRecord(input)) this.#broken = this.#json;
    this.#json = "";
  }

  /** The vendor sends empty text now and then, and refuses to get it back. */
  empty(): boolean {
    return this.raw.type === "text" && this.raw["text"] === "";
  }

  normalised(): AssistantBlock[] {
    const { raw } = this;
    switch (raw.type) {
      case "text":
        return [{ block_type: "text", data: { text: text(raw["text"]) } }];
      case "thinking": {
        const thought = text(raw["thinking"]);
        return thought === "" ? [] : [{ block_type: "reasoning", data: { text: thought } }];
      }
      case "redacted_thinking":
        return [];
      case "tool_use": {
        const args = this.#broken ?? raw["input"] ?? {};
        const data = { id: text(raw["id"]), name: text(raw["name"]), args };
        return [{ block_type: "tool_use", data }];
      }
      default: {
        const id = raw["id"] ?? raw["tool_use_id"];
        const data = { ...(typeof id === "string" && { id }), kind: raw.type, content: raw };
        return [{ block_type: "server_tool_content", data }];
      }
    }
  }

  /** Text and lists of a delta continue what is there; anything else replaces it. */
  #append(name: string, value: unknown): void {
    const before = this.raw[name];
    if (typeof before === "string" && typeof value === "string") this.raw[name] = before + value;
    else if (Array.isArray(before) && Array.isArray(value)) this.raw[name] = [...before, ...value];
    else this.raw[name] = value;
  }
}

/** What a known delta adds to its block; the rest of it is about the stream, and a replay of it is refused. */
const deltaFields: ReadonlyMap<string, readonly string[]> = new Map([
  ["text_delta", ["text"]],
  ["thinking_delta", ["thinking"]],
  ["signature_delta", ["signature"]],
  ["citations_delta", []],
]);

function delta(type: "text" | "reasoning", value: unknown): ModelEvent | undefined {
  return typeof value === "string" && value !== "" ? { type, delta: value } : undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

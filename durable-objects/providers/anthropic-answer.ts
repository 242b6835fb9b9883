import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages/messages";
import type { AssistantBlock, StopReason, Usage } from "../../sdk/contract/index.ts";
import { AnthropicBlock } from "./anthropic-block.ts";
import type { ModelEnd, ModelEvent } from "./provider.ts";

/** Puts one streamed answer of Anthropic together: deltas out as they come, the whole at the end. */
export class AnthropicAnswer {
  /** The vendor said that the message is complete; without it the stream was cut. */
  complete = false;
  readonly #blocks = new Map<number, AnthropicBlock>();
  #usage: RawUsage = {};
  #stop = "";

  take(event: RawMessageStreamEvent): ModelEvent | undefined {
    switch (event.type) {
      case "content_block_delta":
        return this.#blocks.get(event.index)?.grow(event.delta);
      case "content_block_start": {
        const block = new AnthropicBlock(event.content_block);
        this.#blocks.set(event.index, block);
        return block.said();
      }
      case "content_block_stop":
        this.#blocks.get(event.index)?.close();
        return undefined;
      case "message_start":
        return this.#count(event.message.usage);
      case "message_delta":
        this.#stop = event.delta.stop_reason ?? this.#stop;
        return this.#count(event.usage);
      case "message_stop":
        this.complete = true;
        return undefined;
      // The types know all events, the wire does not.
      default:
        return undefined;
    }
  }

  end(model: string): ModelEnd {
    const kept = [...this.#blocks.values()].filter((block) => !block.empty());
    for (const block of kept) block.close();
    const blocks = kept.flatMap((block) => block.normalised());
    return {
      type: "end",
      stop: stopReason(this.#stop, blocks),
      rawStop: this.#stop,
      blocks,
      native: { provider: "anthropic", model, content: kept.map(({ raw }) => raw) },
      usage: normalised(this.#usage),
    };
  }

  #count(usage: RawUsage | null | undefined): ModelEvent {
    for (const [name, value] of Object.entries(usage ?? {})) {
      if (value !== null) this.#usage = { ...this.#usage, [name]: value };
    }
    return { type: "usage", usage: normalised(this.#usage) };
  }
}

function stopReason(raw: string, blocks: readonly AssistantBlock[]): StopReason {
  const known = stopReasons.get(raw);
  if (known) return known;
  return blocks.some((block) => block.block_type === "tool_use") ? "tool_use" : "end_turn";
}

const stopReasons: ReadonlyMap<string, StopReason> = new Map([
  ["end_turn", "end_turn"],
  ["tool_use", "tool_use"],
  ["max_tokens", "max_tokens"],
  ["model_context_window_exceeded", "max_tokens"],
  ["stop_sequence", "stop_sequence"],
  ["refusal", "content_filter"],
]);

interface RawUsage {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation?: { ephemeral_1h_input_tokens?: number | null } | null;
  output_tokens_details?: { thinking_tokens?: number | null } | null;
}

/** Anthropic counts what went to and came from its cache beside the input; we count it within. */
function normalised(raw: RawUsage): Usage {
  const created = raw.cache_creation_input_tokens ?? 0;
  const kept = raw.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  const read = raw.cache_read_input_tokens ?? 0;
  const thought = raw.output_tokens_details?.thinking_tokens ?? 0;
  return {
    input_tokens: (raw.input_tokens ?? 0) + created + read,
    output_tokens: raw.output_tokens ?? 0,
    ...(created > 0 && { cache_creation_tokens: created }),
    ...(kept > 0 && { cache_creation_1h_tokens: kept }),
    ...(read > 0 && { cache_read_tokens: read }),
    ...(thought > 0 && { reasoning_tokens: thought }),
  };
}

import type { StoredMessage } from "../providers/provider.ts";
import type { RunProgress } from "./state.ts";
import { type Compaction, type CompactionMark, headOf, type Summary, unsealed } from "./summary.ts";
import { estimateAll } from "./token-estimate.ts";

/** Where the messages that the model is shown lie in the session's whole transcript. */
export interface History extends CompactionMark {
  /** The session's own system prompt. */
  system: StoredMessage | undefined;
  summary?: Summary;
}

/** What the model is shown at its next call, and how much room that takes. */
export class ModelContext {
  /** Head and tail: the loop adds to it, a compaction takes from its beginning. */
  readonly messages: StoredMessage[];
  /** Whether it failed in this turn: trying again at each step would cost a call each time. */
  couldNotCompact = false;
  #history: History;

  constructor(shown: readonly StoredMessage[], history: History) {
    this.messages = [...shown];
    this.#history = history;
  }

  get summary(): Summary | undefined {
    return this.#history.summary;
  }

  /** The messages that are shown as they were said. */
  get tail(): readonly StoredMessage[] {
    return this.messages.slice(this.#headLength);
  }

  /** About how many tokens the next call will carry: what the vendor counted last, and what came since. */
  tokens({ lastCall }: RunProgress): number {
    if (!lastCall?.input) return estimateAll(this.messages);
    const since = this.messages.slice(this.messages.findLastIndex(isAnswer) + 1);
    return lastCall.input + lastCall.output + estimateAll(since);
  }

  /** Whether the session's first turn runs: nothing was answered before it. */
  isFirstTurn({ turns }: RunProgress): boolean {
    return !this.summary && this.messages.filter(isAnswer).length <= turns;
  }

  /** Model calls since the last compaction; endless if there was none. */
  get callsSinceCompaction(): number {
    const { summary, at, upTo } = this.#history;
    return summary ? this.tail.slice(at - upTo).filter(isAnswer).length : Infinity;
  }

  /** Puts a summary in the place of the tail's first messages. */
  replace(count: number, summary: Summary): Compaction {
    const kept = this.tail.slice(count).map(unsealed);
    const upTo = this.#history.upTo + count;
    const mark = { upTo, at: upTo + kept.length };
    this.#history = { ...this.#history, ...mark, summary };
    this.messages.splice(0, Infinity, ...headOf(this.#history.system, summary), ...kept);
    return { mark, summary };
  }

  get #headLength(): number {
    return headOf(this.#history.system, this.#history.summary).length;
  }
}

/** Whether it is what a model call gave, and not the mark of a cancelled one. */
function isAnswer(message: StoredMessage): boolean {
  return message.role === "block_assistant" && message.blocks.length > 0;
}

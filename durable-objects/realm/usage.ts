import type { ModelCall, ProviderName, Sums, UsageReport } from "../../sdk/contract/index.ts";
import {
  decide,
  type Purse,
  type SpendingLimits,
  type Spent,
  type Verdict,
  type WantedCall,
} from "../lib/budget-decision.ts";
import type { RealmRecord } from "./realm-record.ts";
import { dayOf, type Grouping, UsageStorage } from "./usage-storage.ts";

const DAY_MS = 24 * 60 * 60_000;
const DEFAULT_DAYS = 30;
const EVER = { from: "0000-01-01", to: "9999-12-31" };
// Longer than any model call; a session that is gone by then has left it behind.
const RESERVED_MS = 60 * 60_000;

/** A call that a session wants to make, and the limits that its turn was started under. */
export interface Ask extends WantedCall {
  limits: { realm?: SpendingLimits | undefined; day?: SpendingLimits | undefined };
}

/** How the last call of a provider ended that the realm heard of. */
export interface ProviderSighting {
  provider: ProviderName;
  /** Unix milliseconds. */
  at: number;
  /** The kind of failure, if it failed. */
  error?: string | undefined;
}

interface Query {
  from?: string | undefined;
  to?: string | undefined;
  group_by: string;
}

/** The realm's books: what its sessions have used, and what their calls under way may still use. */
export class Usage {
  readonly #record: RealmRecord;
  readonly #storage: UsageStorage;
  /** Sums that a budget asks for at every call, kept as long as the object lives. */
  #sums: { day: string; today: Sums; ever: Sums } | undefined;
  /** In memory as well: a row for each change would be one of some turn's. */
  readonly #seen = new Map<ProviderName, ProviderSighting>();

  constructor(record: RealmRecord, sql: SqlStorage) {
    this.#record = record;
    this.#storage = new UsageStorage(sql);
  }

  /** Enters a session's finished calls; one that is in the books already is left alone. */
  enter(sessionId: string, calls: readonly ModelCall[]): void {
    this.#record.open();
    for (const call of calls) {
      this.#see(call);
      const isNew = this.#storage.enter(sessionId, call);
      if (!isNew || !this.#sums) continue;
      this.#sums.ever = withCall(this.#sums.ever, call);
      if (dayOf(call.at) === this.#sums.day) this.#sums.today = withCall(this.#sums.today, call);
    }
  }

  /** How providers answered last, as far as this object has heard since it woke. */
  sightings(): ProviderSighting[] {
    return [...this.#seen.values()];
  }

  /** Lets go of what was set aside for a session: its turn is over. */
  release(sessionId: string): void {
    if (this.#record.exists) this.#storage.release(sessionId);
  }

  /**
   * Asks whether a session may call its model once more, and sets aside what that may cost, so that
   * sessions side by side cannot overrun a budget together.
   */
  reserve(sessionId: string, calls: readonly ModelCall[], ask: Ask): Verdict {
    this.enter(sessionId, calls);
    const now = Date.now();
    const { today, ever } = this.#totals(dayOf(now));
    const reserved = this.#storage.reserved(sessionId, now);
    const { limits, ...call } = ask;
    const purses: Purse[] = [
      { scope: "realm", limits: limits.realm ?? {}, spent: spentOf(ever), reserved },
      { scope: "day", limits: limits.day ?? {}, spent: spentOf(today), reserved },
    ];
    const verdict = decide(call, purses);
    if (verdict.type === "granted") {
      this.#storage.reserve(sessionId, verdict.reserved, now + RESERVED_MS);
    } else {
      // Its last call is in the books. Kept, what was set aside for it would make others wait, and
      // two sessions that wait would wait for each other.
      this.#storage.release(sessionId);
    }
    return verdict;
  }

  /** What was used in a span of days. */
  read({ from, to, group_by }: Query): UsageReport {
    const now = Date.now();
    const span = { from: from ?? dayOf(now - DEFAULT_DAYS * DAY_MS), to: to ?? dayOf(now) };
    const rows = this.#record.exists ? this.#storage.report(span, groupingOf(group_by)) : [];
    const total = this.#record.exists ? this.#storage.total(span) : nothing;
    return { ...span, group_by, rows, total };
  }

  #see({ provider, at, error }: ModelCall): void {
    // A call that was cut off by its caller says nothing of the provider.
    if (error === "cancelled" || at < (this.#seen.get(provider)?.at ?? 0)) return;
    this.#seen.set(provider, { provider, at, error });
  }

  #totals(day: string): { today: Sums; ever: Sums } {
    if (this.#sums?.day !== day) {
      const today = this.#storage.total({ from: day, to: day });
      this.#sums = { day, today, ever: this.#storage.total(EVER) };
    }
    return this.#sums;
  }
}

function groupingOf(groupBy: string): Grouping {
  if (groupBy.startsWith("label:")) return { label: groupBy.slice("label:".length) };
  if (groupBy === "session") return { column: "session_id" };
  return { column: groupBy === "model" || groupBy === "provider" ? groupBy : "day" };
}

function spentOf(sums: Sums): Spent {
  return {
    tokens: sums.input_tokens + sums.output_tokens,
    usd: sums.usd,
    durationMs: sums.latency_ms,
    toolCalls: sums.tool_calls,
    modelCalls: sums.model_calls,
  };
}

function withCall(sums: Sums, { usage, ...call }: ModelCall): Sums {
  return {
    model_calls: sums.model_calls + 1,
    tool_calls: sums.tool_calls + call.tool_calls,
    input_tokens: sums.input_tokens + usage.input_tokens,
    output_tokens: sums.output_tokens + usage.output_tokens,
    cache_read_tokens: sums.cache_read_tokens + (usage.cache_read_tokens ?? 0),
    cache_creation_tokens: sums.cache_creation_tokens + (usage.cache_creation_tokens ?? 0),
    reasoning_tokens: sums.reasoning_tokens + (usage.reasoning_tokens ?? 0),
    usd: sums.usd + (call.usd ?? 0),
    unpriced_calls: sums.unpriced_calls + Number(call.usd === null),
    latency_ms: sums.latency_ms + call.latency_ms,
    retries: sums.retries + call.retries,
  };
}

const nothing: Sums = {
  model_calls: 0,
  tool_calls: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_creation_tokens: 0,
  reasoning_tokens: 0,
  usd: 0,
  unpriced_calls: 0,
  latency_ms: 0,
  retries: 0,
};

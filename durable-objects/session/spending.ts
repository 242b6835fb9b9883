import type { RemoteParts } from "../../sdk/contract/index.ts";
import { decide, type Purse, type Verdict, type WantedCall } from "../lib/budget-decision.ts";
import type { ModelRequest } from "../providers/provider.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import type { Books } from "./books.ts";
import { costOf } from "./cost.ts";
import type { Journal } from "./journal.ts";
import { type Meter, nothingSpent, spentOn } from "./meter.ts";
import type { RunSettings } from "./state.ts";
import { CHARS_PER_TOKEN, estimateAll } from "./token-estimate.ts";

/** The budgets of a session's run: its own and its session's are kept here, its realm's and the day's there. */
export class Spending {
  readonly #journal: Journal;
  readonly #books: Books;
  readonly #realm: (realmId: string) => RemoteParts<RealmParts>;

  constructor(journal: Journal, books: Books, realm: (realmId: string) => RemoteParts<RealmParts>) {
    this.#journal = journal;
    this.#books = books;
    this.#realm = realm;
  }

  /** Asks every budget whether the call may be made, and how long its answer may be. */
  async reserve(settings: RunSettings, call: WantedCall, meter: Meter): Promise<Verdict> {
    const own = decide(call, this.#purses(settings, meter));
    const { realm, day } = settings.budgets ?? {};
    const found = this.#journal.session;
    if (own.type !== "granted" || !(realm || day) || !found) return own;
    const { realmId, sessionId } = found.identity;
    const calls = this.#books.unreported(meter.unstored);
    const ask = { ...call, maxOutputTokens: own.maxOutputTokens, limits: { realm, day } };
    const verdict = await this.#realm(realmId).usage.reserve(sessionId, calls, ask);
    this.#books.reported(calls);
    return verdict.type === "granted"
      ? { ...verdict, used: [...own.used, ...verdict.used] }
      : verdict;
  }

  #purses({ limits, budgets }: RunSettings, { unstored }: Meter): Purse[] {
    const { run, spent } = this.#journal.session?.state ?? {};
    const { usd, modelCalls } = limits;
    return [
      // Tokens and tool calls of a turn are looked at where its tools are run.
      { scope: "turn", limits: { usd, modelCalls }, spent: spentOn(unstored, run?.spent) },
      {
        scope: "session",
        limits: budgets?.session ?? {},
        spent: spentOn(unstored, spent ?? nothingSpent),
      },
    ];
  }
}

/** What a call may cost at most; nothing when no budget asks. */
export function wantedCall(settings: RunSettings, request: ModelRequest): WantedCall | undefined {
  const { limits, budgets } = settings;
  if (!budgets && limits.usd === undefined && limits.modelCalls === undefined) return undefined;
  const { system = "", messages, tools, maxTokens } = request;
  const around = Math.ceil((system.length + JSON.stringify(tools).length) / CHARS_PER_TOKEN);
  const inputTokens = estimateAll(messages) + around;
  const price = { ...settings, price: settings.own?.price };
  const input = costOf(price, { input_tokens: inputTokens, output_tokens: 0 });
  const answer = costOf(price, { input_tokens: inputTokens, output_tokens: maxTokens });
  const known = input !== undefined && answer !== undefined;
  return {
    inputTokens,
    maxOutputTokens: maxTokens,
    price: known ? { input, perOutputToken: (answer - input) / maxTokens } : undefined,
  };
}

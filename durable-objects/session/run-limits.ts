import { type ConfigDocument, milliseconds } from "../../sdk/contract/index.ts";
import type { SpendingLimits } from "../lib/budget-decision.ts";
import type { RunLimits, ScopeBudgets } from "./run-policies.ts";

/** What a request may say about how much its turn uses up. */
export interface BudgetLimits {
  max_tokens?: number | undefined;
  max_tool_calls?: number | undefined;
  max_usd?: number | undefined;
  max_model_calls?: number | undefined;
  max_duration?: { secs: number; nanos: number } | undefined;
}

/** What a run may use up: the request's word on a limit, else the config's. */
export function runLimits(requested: BudgetLimits, config: ConfigDocument): RunLimits {
  return { ...configuredLimits(config), ...requestedLimits(requested) };
}

function requestedLimits({ max_duration, ...limits }: BudgetLimits): RunLimits {
  const { max_tokens, max_tool_calls, max_usd, max_model_calls } = limits;
  return {
    ...(max_usd === undefined ? {} : { usd: max_usd }),
    ...(max_model_calls === undefined ? {} : { modelCalls: max_model_calls }),
    ...(max_tokens === undefined ? {} : { tokens: max_tokens }),
    ...(max_tool_calls === undefined ? {} : { toolCalls: max_tool_calls }),
    ...(max_duration ? { durationMs: max_duration.secs * 1_000 + max_duration.nanos / 1e6 } : {}),
  };
}

/** A limit that the config sets in several places is the tightest of them. */
function configuredLimits({ budget = {}, limits = {} }: ConfigDocument): RunLimits {
  const times = [budget.max_duration, limits.max_duration, limits.max_turn_duration];
  const tokens = smallest([budget.max_tokens, limits.budget]);
  const durationMs = smallest(times.map((time) => (time ? milliseconds(time) : undefined)));
  const toolCalls = budget.max_tool_calls ?? undefined;
  const usd = budget.max_usd ?? undefined;
  const modelCalls = budget.max_model_calls ?? undefined;
  return {
    ...(usd === undefined ? {} : { usd }),
    ...(modelCalls === undefined ? {} : { modelCalls }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function smallest(values: readonly (number | null | undefined)[]): number | undefined {
  const given = values.filter((value) => typeof value === "number");
  return given.length === 0 ? undefined : Math.min(...given);
}

/** The limits of all that is larger than a turn, as the config has them now; nothing if there are none. */
export function scopeBudgets({ budgets = {} }: ConfigDocument): ScopeBudgets | undefined {
  const { session, realm, day } = budgets;
  const found = { session: scopeLimits(session), realm: scopeLimits(realm), day: scopeLimits(day) };
  return found.session || found.realm || found.day ? found : undefined;
}

type ConfiguredScope = NonNullable<ConfigDocument["budgets"]>["realm"];

function scopeLimits(scope: ConfiguredScope): SpendingLimits | undefined {
  if (!scope) return undefined;
  const { max_tokens, max_usd, max_duration, max_tool_calls, max_model_calls } = scope;
  const limits: SpendingLimits = {
    tokens: max_tokens ?? undefined,
    usd: max_usd ?? undefined,
    durationMs: max_duration ? milliseconds(max_duration) : undefined,
    toolCalls: max_tool_calls ?? undefined,
    modelCalls: max_model_calls ?? undefined,
  };
  return Object.values(limits).some((limit) => limit !== undefined) ? limits : undefined;
}

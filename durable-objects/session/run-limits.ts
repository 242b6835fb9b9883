import { type ConfigDocument, milliseconds } from "../../sdk/contract/index.ts";
import type { RunLimits } from "./state.ts";

/** What a request may say about how much its turn uses up. */
export interface BudgetLimits {
  max_tokens?: number | undefined;
  max_tool_calls?: number | undefined;
  max_duration?: { secs: number; nanos: number } | undefined;
}

/** What a run may use up: the request's word on a limit, else the config's. */
export function runLimits(requested: BudgetLimits, config: ConfigDocument): RunLimits {
  return { ...configuredLimits(config), ...requestedLimits(requested) };
}

function requestedLimits({ max_tokens, max_tool_calls, max_duration }: BudgetLimits): RunLimits {
  return {
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
  return {
    ...(tokens === undefined ? {} : { tokens }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function smallest(values: readonly (number | null | undefined)[]): number | undefined {
  const given = values.filter((value) => typeof value === "number");
  return given.length === 0 ? undefined : Math.min(...given);
}

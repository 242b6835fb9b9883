import {
  type ClientTool,
  type ConfigDocument,
  findModel,
  flatParams,
  milliseconds,
  type ProviderName,
  type Quota,
  vendorParams,
} from "../../sdk/contract/index.ts";
import { ownModel, traitsOf } from "./model-identity.ts";
import { extractionSettings } from "./output-choice.ts";
import { type BudgetLimits, runLimits, scopeBudgets } from "./run-limits.ts";
import type { ModelIdentity, RunModel, RunSettings } from "./state.ts";

/** What a request may say about how its turn runs. */
export interface TurnChoices {
  model?: string | null | undefined;
  provider?: ProviderName | null | undefined;
  provider_params?: Record<string, unknown> | null | undefined;
  max_tokens?: number | null | undefined;
  enable_builtins?: boolean | null | undefined;
  budget_limits?: BudgetLimits | null | undefined;
  output_schema?: Record<string, unknown> | null | undefined;
  structured_output_retries?: number | null | undefined;
  /** Tools that came with this turn alone. */
  turn_tools?: readonly ClientTool[] | undefined;
  /** Set by the surface: clients on a socket answer at once, others come back with the results. */
  callback_timeout_ms?: number | undefined;
  /** Set by the Worker where the token that starts the turn may start only so many. */
  quota?: Quota | undefined;
}

const DEFAULT_MAX_TOKENS = 16_384;
const DEFAULT_MAX_TURNS = 100;
const CALLBACK_TIMEOUT_MS = 24 * 60 * 60_000;

/** The run's settings: the request's word first, then the session's, then the realm's config. */
export function runSettings(
  choices: TurnChoices,
  identity: ModelIdentity,
  config: ConfigDocument,
): RunSettings {
  const { agent = {}, retry = {}, recovery = {}, tools = {}, compaction = {} } = config;
  const known = findModel(config, identity.provider, identity.model);
  const budgets = scopeBudgets(config);
  return {
    ...runModel(choices, identity, config),
    maxTurns: agent.max_turns ?? DEFAULT_MAX_TURNS,
    builtins: choices.enable_builtins ?? tools.builtins_enabled ?? false,
    retry: {
      maxRetries: retry.max_retries ?? 3,
      initialDelayMs: milliseconds(retry.initial_delay ?? "500ms"),
      maxDelayMs: milliseconds(retry.max_delay ?? "30s"),
      multiplier: retry.multiplier ?? 2,
    },
    recovery: { maxAttempts: recovery.max_attempts ?? 3, maxUsd: recovery.max_usd ?? 1 },
    timeouts: {
      headersMs: milliseconds(callTimeout(retry.call_timeout)),
      idleMs: milliseconds(retry.stream_inactivity_timeout ?? "300s"),
    },
    ...toolLimits(tools),
    callbackTimeoutMs: choices.callback_timeout_ms ?? CALLBACK_TIMEOUT_MS,
    hasTurnTools: Boolean(choices.turn_tools?.length),
    limits: runLimits(choices.budget_limits ?? {}, config),
    ...(budgets && { budgets }),
    warnAt: agent.budget_warning_threshold ?? 0.8,
    compaction: {
      threshold: compaction.auto_compact_threshold ?? 100_000,
      recentTurns: compaction.recent_turn_budget ?? 4,
      maxSummaryTokens: Math.min(
        compaction.max_summary_tokens ?? 4096,
        known?.maxOutputTokens ?? Infinity,
      ),
      minTurnsBetween: compaction.min_turns_between_compactions ?? 3,
    },
    ...extractionSettings(choices, config),
  };
}

/** The part of the settings that is about one model: what is asked of it, within what it takes. */
export function runModel(
  choices: TurnChoices,
  identity: ModelIdentity,
  config: ConfigDocument,
): RunModel {
  const { agent = {} } = config;
  const own = ownModel(identity, config);
  const providerParams = { ...flatParams(agent.provider_params ?? {}), ...identity.providerParams };
  const params: { max_output_tokens?: number; temperature?: number } = vendorParams(
    identity.provider,
    providerParams,
  );
  const wanted =
    choices.max_tokens ??
    params.max_output_tokens ??
    agent.max_tokens_per_turn ??
    config.max_tokens;
  const maxTokens = wanted ?? DEFAULT_MAX_TOKENS;
  const known = findModel(config, identity.provider, identity.model);
  const temperature = params.temperature ?? agent.temperature ?? undefined;
  const takesIt = traitsOf({ ...identity, ...(own && { own }) }).temperature;
  return {
    ...identity,
    providerParams,
    maxTokens: Math.min(maxTokens, known?.maxOutputTokens ?? maxTokens),
    ...(known?.contextWindow !== undefined && { contextWindow: known.contextWindow }),
    ...(temperature !== undefined && takesIt && { temperature }),
    ...(own && { own }),
  };
}

function toolLimits({ default_timeout = "10m", tool_timeouts, max_concurrent }: ToolsConfig) {
  const own = Object.entries(tool_timeouts ?? {}).map(
    ([name, time]) => [name, milliseconds(time)] as const,
  );
  return {
    toolTimeoutMs: milliseconds(default_timeout),
    ...(own.length > 0 && { toolTimeoutsMs: Object.fromEntries(own) }),
    ...(max_concurrent !== undefined && { maxConcurrentTools: max_concurrent }),
  };
}

type ToolsConfig = NonNullable<ConfigDocument["tools"]>;

function callTimeout(configured: string | null | undefined): string {
  // Without any limit a vendor that never answers would hold the turn for ever (design I-9).
  return configured === undefined || configured === null || configured === "disabled"
    ? "10m"
    : configured;
}

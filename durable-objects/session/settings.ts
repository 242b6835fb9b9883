import {
  AppError,
  catalog,
  type ClientTool,
  type ConfigDocument,
  defaultProvider,
  inferProvider,
  milliseconds,
  type ProviderName,
} from "../../sdk/contract/index.ts";
import { type BudgetLimits, runLimits } from "./run-limits.ts";
import type { ModelIdentity, RunSettings } from "./state.ts";

/** What a request may say about how its turn runs. */
export interface TurnChoices {
  model?: string | null | undefined;
  provider?: ProviderName | null | undefined;
  provider_params?: Record<string, unknown> | null | undefined;
  max_tokens?: number | null | undefined;
  enable_builtins?: boolean | null | undefined;
  budget_limits?: BudgetLimits | null | undefined;
  output_schema?: Record<string, unknown> | null | undefined;
  /** Tools that came with this turn alone. */
  turn_tools?: readonly ClientTool[] | undefined;
  /** Set by the surface: clients on a socket answer at once, others come back with the results. */
  callback_timeout_ms?: number | undefined;
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
  const known = catalogEntry(identity);
  const maxTokens =
    choices.max_tokens ?? agent.max_tokens_per_turn ?? config.max_tokens ?? DEFAULT_MAX_TOKENS;
  return {
    ...identity,
    providerParams: { ...agent.provider_params, ...identity.providerParams },
    maxTokens: Math.min(maxTokens, known?.maxOutputTokens ?? maxTokens),
    ...temperatureOf(identity, agent.temperature),
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
    warnAt: agent.budget_warning_threshold ?? 0.8,
    ...(known && { contextWindow: known.contextWindow }),
    thinks: known?.thinking ?? false,
    compaction: {
      threshold: compaction.auto_compact_threshold ?? 100_000,
      recentTurns: compaction.recent_turn_budget ?? 4,
      maxSummaryTokens: Math.min(
        compaction.max_summary_tokens ?? 4096,
        known?.maxOutputTokens ?? Infinity,
      ),
      minTurnsBetween: compaction.min_turns_between_compactions ?? 3,
    },
  };
}

/**
 * Which model the turn talks to: the request's, else the session's, else the realm's, else the default.
 * @throws {AppError} `INVALID_PARAMS` when nobody knows whose model it is.
 */
export function modelIdentity(
  choices: TurnChoices,
  current: ModelIdentity | undefined,
  config: ConfigDocument,
  env: object,
): ModelIdentity {
  const model = choices.model ?? modelFor(choices.provider, current, config, env);
  const inferred = inferProvider(model);
  const kept = choices.model ? undefined : current?.provider;
  const provider = choices.provider ?? kept ?? inferred;
  if (!provider) {
    throw new AppError("INVALID_PARAMS", `Cannot infer provider from model '${model}'`, {
      allowed:
        "a model of the catalog, a known prefix (claude-, gpt-, gemini-), or an explicit provider",
    });
  }
  const listed = catalogOwner(model);
  if (listed && listed !== provider) {
    throw new AppError(
      "INVALID_PARAMS",
      `Model '${model}' belongs to '${listed}', not '${provider}'`,
    );
  }
  const isSame = current?.model === model && current.provider === provider;
  const params = choices.provider_params ?? (isSame ? current.providerParams : {});
  return { model, provider, providerParams: flatParams(params) };
}

function modelFor(
  provider: ProviderName | null | undefined,
  current: ModelIdentity | undefined,
  config: ConfigDocument,
  env: object,
): string {
  if (provider && provider !== current?.provider) return defaultModel(provider, config);
  const vendor = config.provider?.type ?? defaultProvider(env);
  return current?.model ?? config.agent?.model ?? defaultModel(vendor, config);
}

function defaultModel(provider: ProviderName, { models = {} }: ConfigDocument): string {
  const configured = Object.hasOwn(models, provider) ? models[provider] : undefined;
  if (typeof configured === "string") return configured;
  const [first] = catalog.get(provider) ?? [];
  if (first) return first.id;
  throw new AppError("INVALID_PARAMS", `Provider '${provider}' has no default model: name one`);
}

/** The typed form of the newer contract carries vendor keys in `provider_tag`; both mean the same (contract 9.3). */
function flatParams(params: Record<string, unknown>): Record<string, unknown> {
  const { provider_tag: tag, ...rest } = params;
  if (typeof tag !== "object" || tag === null) return params;
  const { provider: _vendor, ...tagged } = tag as Record<string, unknown>;
  return { ...rest, ...tagged };
}

function temperatureOf(identity: ModelIdentity, configured: number | null | undefined) {
  const wanted = identity.providerParams.temperature ?? configured;
  const accepts = catalogEntry(identity)?.temperature ?? true;
  return typeof wanted === "number" && accepts ? { temperature: wanted } : {};
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

function catalogEntry({ provider, model }: ModelIdentity) {
  return catalog.get(provider)?.find(({ id }) => id === model);
}

function catalogOwner(model: string): ProviderName | undefined {
  for (const [provider, models] of catalog) {
    if (models.some(({ id }) => id === model)) return provider;
  }
  return undefined;
}

function callTimeout(configured: string | null | undefined): string {
  // Without any limit a vendor that never answers would hold the turn for ever (design I-9).
  return configured === undefined || configured === null || configured === "disabled"
    ? "10m"
    : configured;
}

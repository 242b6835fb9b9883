import {
  AppError,
  type AgentEvent,
  type ConfigDocument,
  defaultModelOf,
  ownerOf,
  type ProviderName,
} from "../../sdk/contract/index.ts";
import { providerFor } from "../providers/index.ts";
import type { Provider, ProviderErrorKind } from "../providers/provider.ts";
import type { Access } from "../providers/realm-keys.ts";
import { runModel, type TurnChoices } from "./settings.ts";
import type { ModelIdentity, RunModel, RunProgress, RunSettings, RunState } from "./state.ts";
import type { StepFailed } from "./step.ts";
import type { Turn } from "./turn.ts";

const vendors: readonly ProviderName[] = ["anthropic", "openai", "gemini"];

/** What ails a vendor rather than the request; whatever could be retried does, too. */
const outages = new Set<ProviderErrorKind>(["overloaded", "server_error", "network"]);

/** The models that take over when the run's own cannot be reached: those of the config that can be called. */
export function fallbackChain(
  choices: TurnChoices,
  identity: ModelIdentity,
  config: ConfigDocument,
  access: Access,
): RunModel[] {
  const {
    enabled = true,
    chain = [],
    use_catalog_default_chain: all,
  } = config.model_fallback ?? {};
  if (!enabled) return [];
  const links = chain.map((link) => (typeof link === "string" ? { model: link } : link));
  const defaults = vendors.map((provider) => ({
    provider,
    model: defaultModelOf(config, provider) ?? "",
  }));
  const seen = new Set([nameOf(identity)]);
  return [...links, ...(all ? defaults : [])].flatMap((link) => {
    const { model, provider = ownerOf(config, model) } = { provider: undefined, ...link };
    const name = provider && nameOf({ provider, model });
    if (!name || seen.has(name)) return [];
    seen.add(name);
    const { providerParams } = identity;
    return callable(() => runModel(choices, { model, provider, providerParams }, config), access);
  });
}

/** A fallback's adapter; nothing when it cannot be called any more. */
export function openedFallback({ provider, own }: RunModel, access: Access): Provider | undefined {
  return unlessRefused(() => providerFor(provider, access, own?.server));
}

/** The model that the run is on: its own, or the fallback that took over. */
export function modelInUse({
  settings,
  progress,
}: Pick<RunState, "settings" | "progress">): RunModel {
  return (progress.fallback && settings.fallbacks?.[progress.fallback.index]) ?? settings;
}

/** The turn for the model that the run is on. A call that is to be joined again goes with it. */
export function onItsModel(turn: Turn, progress: RunProgress): Turn {
  const provider = progress.fallback && turn.fallbacks?.[progress.fallback.index];
  if (!provider) return turn;
  const { settings, cutOff } = turn;
  turn.cutOff = undefined;
  const model = modelInUse({ settings, progress });
  return { ...turn, settings: { ...withoutModel(settings), ...model }, provider, cutOff };
}

/**
 * The model that takes over after a step has failed, told as an event. Nothing when the vendor is not to
 * blame, when a client has seen a part of the answer, or when no model is left.
 */
export function nextModel(
  turn: Turn,
  progress: RunProgress,
  failed: StepFailed,
): { event: AgentEvent; progress: RunProgress } | undefined {
  const { kind, retryable, message } = failed.cause;
  if (failed.hasShown || !(retryable || outages.has(kind))) return undefined;
  const { fallbacks = [] } = turn;
  const first = progress.fallback ? progress.fallback.index + 1 : 0;
  const index = fallbacks.findIndex((provider, place) => place >= first && provider !== undefined);
  const next = turn.settings.fallbacks?.[index];
  if (!next) return undefined;
  const from = modelInUse({ settings: turn.settings, progress });
  return {
    event: {
      type: "model_fallback",
      from: { provider: from.provider, model: from.model },
      to: { provider: next.provider, model: next.model },
      turn_number: progress.turns,
      reason: kind,
      error: message,
    },
    progress: { ...progress, fallback: { index, tried: triedModels(turn, progress, failed) } },
  };
}

/** All models that have failed this run by now, each with its reason. */
export function triedModels(turn: Turn, progress: RunProgress, { message }: StepFailed): string[] {
  const model = modelInUse({ settings: turn.settings, progress });
  return [...(progress.fallback?.tried ?? []), `${nameOf(model)} (${message})`];
}

function callable(model: () => RunModel, access: Access): RunModel[] {
  const found = unlessRefused(model);
  return found && openedFallback(found, access) ? [found] : [];
}

/** What a typed error forbids is left out of the chain; anything else is a fault of ours. */
function unlessRefused<Value>(get: () => Value): Value | undefined {
  try {
    return get();
  } catch (cause) {
    if (cause instanceof AppError) return undefined;
    throw cause;
  }
}

/** What a model may lack must not be left over from another one. */
function withoutModel({ temperature: _t, own: _o, contextWindow: _c, ...settings }: RunSettings) {
  return settings;
}

function nameOf({ provider, model }: Pick<ModelIdentity, "provider" | "model">): string {
  return `${provider}/${model}`;
}

import { providerFor } from "../providers/index.ts";
import type { OutputSchema } from "../providers/schema/output-schema.ts";
import { fallbackChain } from "./fallback.ts";
import { modelIdentity } from "./model-identity.ts";
import { chosenOutput } from "./output-choice.ts";
import type { RealmInUse } from "./run-access.ts";
import { runSettings, type TurnChoices } from "./settings.ts";
import type { ModelIdentity, RunSettings } from "./state.ts";

/**
 * Decides what a turn runs on, and checks that it can be had, before anything is written (contract 7.2).
 * @throws {AppError} `INVALID_PARAMS`, `PROVIDER_ERROR` without a key, `CONFIGURATION_ERROR` for one that is locked
 */
export function choose(
  request: TurnChoices,
  current: ModelIdentity | undefined,
  { config, access }: RealmInUse,
): { identity: ModelIdentity; settings: RunSettings; output: OutputSchema | undefined } {
  const identity = modelIdentity(request, current, config, access);
  const settings = runSettings(request, identity, config);
  providerFor(identity.provider, access, settings.own?.server);
  const fallbacks = fallbackChain(request, identity, config, access);
  return {
    identity,
    settings: { ...settings, ...(fallbacks.length > 0 && { fallbacks }) },
    output: chosenOutput(request, settings, config),
  };
}

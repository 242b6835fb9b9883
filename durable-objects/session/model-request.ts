import type { ModelRequest, StoredMessage } from "../providers/provider.ts";
import type { Tool } from "../tools/tool.ts";
import type { RunSettings } from "./state.ts";

interface Inputs {
  settings: RunSettings;
  tools: ReadonlyMap<string, Tool>;
  cacheKey: string;
}

/** Puts the transcript and the run's choices into one model call. */
export function modelRequest(
  { settings, tools, cacheKey }: Inputs,
  transcript: readonly StoredMessage[],
): ModelRequest {
  const [first, ...rest] = transcript;
  const system = first?.role === "system" ? first.content : undefined;
  const definitions = [...tools.values()].map(({ definition }) => definition);
  return {
    model: settings.model,
    system,
    messages: system === undefined ? transcript : rest,
    tools: definitions.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    maxTokens: settings.maxTokens,
    temperature: settings.temperature,
    params: settings.providerParams,
    cacheKey,
    timeouts: settings.timeouts,
  };
}

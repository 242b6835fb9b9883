import type { ModelRequest, StoredMessage } from "../providers/provider.ts";
import type { ToolDefinition } from "../tools/tool-definition.ts";
import type { Tool } from "../tools/tool.ts";
import { traitsOf } from "./model-identity.ts";
import { nativeFormat } from "./output-choice.ts";
import type { RunSettings } from "./state.ts";

interface Inputs {
  settings: RunSettings;
  tools: ReadonlyMap<string, Tool>;
  clientTools: readonly ToolDefinition[];
  cacheKey: string;
}

/** Puts the transcript and the run's choices into one model call. */
export function modelRequest(
  { settings, tools, clientTools, cacheKey }: Inputs,
  transcript: readonly StoredMessage[],
): ModelRequest {
  const [first, ...rest] = transcript;
  const system = first?.role === "system" ? first.content : undefined;
  const ours = [...tools.values()].map(({ definition }) => definition);
  // A client's tool hides a built-in one of the same name.
  const hidden = new Set(clientTools.map(({ name }) => name));
  const definitions = [...clientTools, ...ours.filter(({ name }) => !hidden.has(name))];
  return {
    ...calledModel(settings),
    system,
    messages: system === undefined ? transcript : rest,
    tools: definitions.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    format: nativeFormat(settings),
    maxTokens: settings.maxTokens,
    temperature: settings.temperature,
    params: settings.providerParams,
    cacheKey,
  };
}

/** What a call says of its model, whatever the call is for. */
export function calledModel(
  settings: RunSettings,
): Pick<ModelRequest, "model" | "traits" | "timeouts"> {
  const { model, own = {}, timeouts } = settings;
  return {
    model: own.server?.remoteModel ?? model,
    traits: traitsOf(settings),
    timeouts: { ...timeouts, headersMs: own.callTimeoutMs ?? timeouts.headersMs },
  };
}

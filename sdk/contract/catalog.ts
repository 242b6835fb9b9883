import type { ProviderName } from "./run.ts";

/** One model as the catalog knows it. Sizes are tokens (contract 9.5). */
export interface CatalogModel {
  id: string;
  displayName: string;
  tier: "recommended" | "supported";
  contextWindow: number;
  maxOutputTokens: number;
  /** Whether the vendor accepts a `temperature` for it. */
  temperature: boolean;
  thinking: boolean;
}

type Row = readonly [
  id: string,
  displayName: string,
  contextWindow: number,
  maxOutputTokens: number,
  flags: string,
];

/** Flags: r recommended, t accepts a temperature, h can think. The first row is the vendor's default. */
const rows: Readonly<Record<ProviderName, readonly Row[]>> = {
  anthropic: [
    ["claude-opus-4-6", "Claude Opus 4.6", 200_000, 128_000, "rh"],
    ["claude-sonnet-4-5", "Claude Sonnet 4.5", 200_000, 64_000, "rh"],
    ["claude-opus-5", "Claude Opus 5", 1_000_000, 128_000, "rh"],
    ["claude-fable-5", "Claude Fable 5", 1_000_000, 128_000, "h"],
    ["claude-opus-4-8", "Claude Opus 4.8", 1_000_000, 128_000, "h"],
    ["claude-opus-4-7", "Claude Opus 4.7", 1_000_000, 128_000, "h"],
    ["claude-sonnet-4-6", "Claude Sonnet 4.6", 1_000_000, 64_000, "h"],
    ["claude-opus-4-5", "Claude Opus 4.5", 200_000, 64_000, "h"],
    ["claude-haiku-4-5", "Claude Haiku 4.5", 200_000, 64_000, "h"],
  ],
  openai: [
    ["gpt-5.4", "GPT-5.4", 1_050_000, 128_000, "rh"],
    ["gpt-5.6-sol", "GPT-5.6 Sol", 1_050_000, 128_000, "rh"],
    ["gpt-5.6-terra", "GPT-5.6 Terra", 1_050_000, 128_000, "h"],
    ["gpt-5.6-luna", "GPT-5.6 Luna", 1_050_000, 128_000, "h"],
    ["gpt-5.5", "GPT-5.5", 1_050_000, 128_000, "h"],
    ["gpt-5.4-mini", "GPT-5.4 mini", 128_000, 16_384, "h"],
    ["gpt-5.3-codex", "GPT-5.3 Codex", 400_000, 128_000, "h"],
  ],
  gemini: [
    ["gemini-3-flash-preview", "Gemini 3 Flash", 1_048_576, 65_536, "rth"],
    ["gemini-3.5-flash", "Gemini 3.5 Flash", 1_048_576, 65_536, "rth"],
    ["gemini-3.1-pro-preview", "Gemini 3.1 Pro", 1_048_576, 65_536, "th"],
    ["gemini-3.1-flash-lite-preview", "Gemini 3.1 Flash-Lite", 1_048_576, 65_536, "th"],
  ],
  self_hosted: [],
  demo: [["demo", "Demo script (no model behind it)", 200_000, 8_192, ""]],
};

/** The models this build knows by name, per vendor. */
export const catalog: ReadonlyMap<ProviderName, readonly CatalogModel[]> = new Map(
  Object.entries(rows).map(([provider, models]) => [
    provider as ProviderName,
    models.map(([id, displayName, contextWindow, maxOutputTokens, flags]) => ({
      id,
      displayName,
      tier: flags.includes("r") ? ("recommended" as const) : ("supported" as const),
      contextWindow,
      maxOutputTokens,
      temperature: flags.includes("t"),
      thinking: flags.includes("h"),
    })),
  ]),
);

const prefixes: readonly (readonly [prefix: string, provider: ProviderName])[] = [
  ["claude-", "anthropic"],
  ["gpt-", "openai"],
  ["chatgpt-", "openai"],
  ["o1-", "openai"],
  ["o3-", "openai"],
  ["gemini-", "gemini"],
];

/** Whose model this is: by the catalog, else by its prefix, else unknown (contract 9.1). */
export function inferProvider(model: string): ProviderName | undefined {
  for (const [provider, models] of catalog) {
    if (models.some(({ id }) => id === model)) return provider;
  }
  const lowered = model.toLowerCase();
  return prefixes.find(([prefix]) => lowered.startsWith(prefix))?.[1];
}

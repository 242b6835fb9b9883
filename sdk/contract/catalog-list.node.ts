/** What a kind of models takes and can do; how it is asked to think differs from vendor to vendor. */
export const kinds = {
  /** Claude that thinks within a budget of tokens. */
  "claude-4.5": { thinking: true, budget: true, efforts: ["none"] },
  "claude-opus-4.5": { thinking: true, budget: true, efforts: ["none", "low", "medium", "high"] },
  "claude-4.6": {
    thinking: true,
    budget: true,
    adaptive: true,
    efforts: ["none", "low", "medium", "high", "max"],
  },
  /** Claude that decides itself how much to think: a budget is refused. */
  "claude-4.7": {
    thinking: true,
    adaptive: true,
    efforts: ["none", "low", "medium", "high", "xhigh", "max"],
  },
  "claude-fable": {
    thinking: true,
    adaptive: true,
    efforts: ["low", "medium", "high", "xhigh", "max"],
  },
  "gpt-5": { thinking: true, efforts: ["none", "low", "medium", "high", "xhigh"] },
  "gpt-5.6": { thinking: true, efforts: ["none", "low", "medium", "high", "xhigh", "max"] },
  "gpt-pro": { thinking: true, efforts: ["medium", "high", "xhigh"] },
  "gpt-realtime": { thinking: true, realtime: true, efforts: ["low", "medium", "high"] },
  "gemini-flash": {
    temperature: true,
    thinking: true,
    budget: true,
    efforts: ["minimal", "low", "medium", "high"],
  },
  "gemini-pro": {
    temperature: true,
    thinking: true,
    budget: true,
    efforts: ["low", "medium", "high"],
  },
  script: { vision: false },
} as const;

type Row = readonly [
  id: string,
  displayName: string,
  kind: keyof typeof kinds,
  contextWindow: number,
  maxOutputTokens: number,
  about?: { recommended?: true; pricedAs?: string },
];

const recommended = { recommended: true } as const;

/**
 * The models of contract 9.5, with the sizes of its newest table that has them. The first of a vendor is its default.
 * GPT-5.2 has the vendor's own 400,000: the contract's million would be refused.
 */
export const rows = {
  anthropic: [
    ["claude-opus-4-6", "Claude Opus 4.6", "claude-4.6", 200_000, 128_000, recommended],
    ["claude-sonnet-4-5", "Claude Sonnet 4.5", "claude-4.5", 200_000, 64_000, recommended],
    ["claude-opus-5", "Claude Opus 5", "claude-4.7", 1_000_000, 128_000, recommended],
    ["claude-fable-5", "Claude Fable 5", "claude-fable", 1_000_000, 128_000],
    ["claude-opus-4-8", "Claude Opus 4.8", "claude-4.7", 1_000_000, 128_000],
    ["claude-opus-4-7", "Claude Opus 4.7", "claude-4.7", 1_000_000, 128_000],
    ["claude-sonnet-4-6", "Claude Sonnet 4.6", "claude-4.6", 1_000_000, 64_000, recommended],
    ["claude-opus-4-5", "Claude Opus 4.5", "claude-opus-4.5", 200_000, 64_000],
    ["claude-haiku-4-5", "Claude Haiku 4.5", "claude-4.5", 200_000, 64_000],
    [
      "claude-haiku-4-5-20251001",
      "Claude Haiku 4.5 (2025-10-01)",
      "claude-4.5",
      200_000,
      64_000,
      { pricedAs: "claude-haiku-4-5" },
    ],
  ],
  openai: [
    ["gpt-5.4", "GPT-5.4", "gpt-5", 1_050_000, 128_000, recommended],
    ["gpt-5.6-sol", "GPT-5.6 Sol", "gpt-5.6", 1_050_000, 128_000, recommended],
    ["gpt-5.6-terra", "GPT-5.6 Terra", "gpt-5.6", 1_050_000, 128_000],
    ["gpt-5.6-luna", "GPT-5.6 Luna", "gpt-5.6", 1_050_000, 128_000],
    ["gpt-5.6", "GPT-5.6 (Sol)", "gpt-5.6", 1_050_000, 128_000],
    ["gpt-5.5", "GPT-5.5", "gpt-5", 1_050_000, 128_000],
    ["gpt-5.5-pro", "GPT-5.5 Pro", "gpt-pro", 1_050_000, 128_000],
    ["gpt-5.4-mini", "GPT-5.4 mini", "gpt-5", 128_000, 16_384],
    ["gpt-5.3-codex", "GPT-5.3 Codex", "gpt-5", 400_000, 128_000, recommended],
    ["gpt-5.2", "GPT-5.2", "gpt-5", 400_000, 128_000],
    ["gpt-5.2-pro", "GPT-5.2 Pro", "gpt-pro", 400_000, 128_000],
    ["gpt-realtime-2", "GPT Realtime 2", "gpt-realtime", 128_000, 32_000],
  ],
  gemini: [
    ["gemini-3-flash-preview", "Gemini 3 Flash", "gemini-flash", 1_048_576, 65_536, recommended],
    ["gemini-3.5-flash", "Gemini 3.5 Flash", "gemini-flash", 1_048_576, 65_536, recommended],
    ["gemini-3.1-pro-preview", "Gemini 3.1 Pro", "gemini-pro", 1_048_576, 65_536],
    ["gemini-3.1-flash-lite-preview", "Gemini 3.1 Flash-Lite", "gemini-flash", 1_048_576, 65_536],
    ["gemini-3-pro-preview", "Gemini 3 Pro", "gemini-pro", 1_048_576, 65_536],
  ],
  self_hosted: [],
  demo: [["demo", "Demo script (no model behind it)", "script", 200_000, 8_192]],
} as const satisfies Record<string, readonly Row[]>;

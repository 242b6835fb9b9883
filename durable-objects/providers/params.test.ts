import { describe, expect, inject, it } from "vitest";
import { createAnthropic } from "./anthropic.ts";
import { createGemini } from "./gemini.ts";
import { createOpenAiChat } from "./openai-chat.ts";
import { createOpenAiResponses } from "./openai-responses.ts";
import type { ModelRequest } from "./provider.ts";
import { hear, modelRequest } from "./wire/call.ts";
import { wire } from "./wire/script.ts";

const server = wire(inject("wireUrl"));
const vendors = {
  anthropic: createAnthropic,
  openai: createOpenAiResponses,
  gemini: createGemini,
  self_hosted: createOpenAiChat,
};

/** What goes over the wire for these parameters, but for what every body has. */
async function bodyOf(
  vendor: keyof typeof vendors,
  model: string,
  params: Record<string, unknown>,
  changes: Partial<ModelRequest> = {},
): Promise<Record<string, unknown>> {
  const key = crypto.randomUUID();
  await server.script(key, [{ status: 400 }]);
  const provider = vendors[vendor]({ apiKey: "key", baseUrl: server.base(key) });
  const request = modelRequest({ model, params, maxTokens: 8_000, ...changes });
  await hear(provider.stream(request, new AbortController().signal));
  const [seen] = await server.requests(key, 1);
  return JSON.parse(seen?.body ?? "");
}

const tagged = (provider: string, more: object) => ({
  temperature: "0.5",
  provider_tag: { provider, ...more },
});

describe("thinking, asked for in the words of the contract", () => {
  it.each([
    ["claude-opus-5", { reasoning: "emit" }, { type: "adaptive", display: "summarized" }],
    ["claude-opus-5", { reasoning: "silent" }, { type: "adaptive", display: "omitted" }],
    ["claude-opus-5", { reasoning: "off" }, { type: "disabled" }],
    ["claude-opus-5", { thinking_budget_tokens: 2_000 }, { type: "adaptive" }],
    [
      "claude-opus-5",
      { thinking: { type: "enabled" }, thinking_budget: "9" },
      { type: "enabled", budget_tokens: 9 },
    ],
    ["claude-fable-5", { reasoning: "off" }, undefined],
    [
      "claude-haiku-4-5",
      { thinking_budget_tokens: "2000" },
      { type: "enabled", budget_tokens: 2_000 },
    ],
    [
      "claude-haiku-4-5",
      { reasoning: "emit" },
      { type: "enabled", budget_tokens: 4_096, display: "summarized" },
    ],
    ["claude-haiku-4-5", { thinking_budget_tokens: 0 }, { type: "disabled" }],
    ["claude-opus-5", { reasoning: "loud" }, undefined],
    ["claude-opus-5", {}, undefined],
  ])("is %s's own thinking for %j", async (model, params, thinking) => {
    expect((await bodyOf("anthropic", model, params))["thinking"]).toEqual(thinking);
  });

  it.each([
    ["gpt-5.4", { reasoning: "emit" }, { summary: "auto" }],
    ["gpt-5.4", { reasoning: "silent" }, {}],
    ["gpt-5.4", { reasoning: "off" }, { effort: "none" }],
    ["gpt-5.5-pro", { reasoning: "off" }, { effort: "medium" }],
    ["gpt-5.4", { thinking_budget_tokens: "1024" }, { effort: "low", summary: "auto" }],
    ["gpt-5.4", { thinking_budget_tokens: 8_000 }, { effort: "medium", summary: "auto" }],
    ["gpt-5.5-pro", { thinking_budget_tokens: 100 }, { effort: "medium", summary: "auto" }],
    ["gpt-5.4", { thinking_budget_tokens: 90_000 }, { effort: "high", summary: "auto" }],
    ["gpt-5.4", { reasoning: "off", reasoning_effort: "low" }, { effort: "low" }],
    ["gpt-4.1", { reasoning: "off", thinking_budget_tokens: 5 }, undefined],
  ])("is %s's effort for %j", async (model, params, reasoning) => {
    expect((await bodyOf("openai", model, params))["reasoning"]).toEqual(reasoning);
  });

  it.each([
    ["gemini-3.5-flash", { reasoning: "emit" }, { includeThoughts: true }],
    ["gemini-3.5-flash", { reasoning: "silent" }, { includeThoughts: false }],
    [
      "gemini-3.5-flash",
      { reasoning: "off" },
      { includeThoughts: false, thinkingLevel: "minimal" },
    ],
    [
      "gemini-3.1-pro-preview",
      { reasoning: "off" },
      { includeThoughts: false, thinkingLevel: "low" },
    ],
    ["gemini-2.5-flash", { reasoning: "off" }, { includeThoughts: false, thinkingBudget: 0 }],
    ["gemini-3.5-flash", { thinking_budget_tokens: "512" }, { thinkingBudget: 512 }],
    [
      "gemini-3.5-flash",
      { thinking_budget_tokens: 512, thinking_level: "high" },
      { thinkingLevel: "high" },
    ],
    ["gemini-3.5-flash", {}, undefined],
  ])("is %s's thinking config for %j", async (model, params, thinkingConfig) => {
    const { generationConfig } = await bodyOf("gemini", model, params);
    expect((generationConfig as Record<string, unknown>)["thinkingConfig"]).toEqual(thinkingConfig);
  });

  it("is left out for a server's model that is not said to think", async () => {
    const params = { reasoning: "off", thinking_budget_tokens: 5 };
    expect(await bodyOf("self_hosted", "llama", params)).not.toHaveProperty("reasoning_effort");
  });
});

describe("the sampling knobs", () => {
  it("go where the model takes them, from texts as well", async () => {
    const { generationConfig } = await bodyOf(
      "gemini",
      "gemini-3.5-flash",
      { top_p: "0.9", top_k: "3" },
      { temperature: 0.5 },
    );
    expect(generationConfig).toMatchObject({ temperature: 0.5, topP: 0.9, topK: 3 });
    const params = tagged("open_ai", { seed: "7", chat_template_kwargs: { a: 1 } });
    expect(await bodyOf("self_hosted", "llama", params)).toMatchObject({
      temperature: 0.5,
      seed: 7,
      chat_template_kwargs: { a: 1 },
    });
  });

  it.each([
    ["anthropic", "claude-opus-4-6"],
    ["anthropic", "claude-unheard-of"],
    ["openai", "gpt-5.4"],
  ] as const)("are dropped for %s's %s", async (vendor, model) => {
    const body = await bodyOf(vendor, model, { top_p: 0.5, temperature: 1 }, { temperature: 0.7 });
    expect(body).not.toHaveProperty("temperature");
    expect(body).not.toHaveProperty("top_p");
  });

  it("are dropped where they are no numbers, with all that nobody knows", async () => {
    const params = { top_p: "much", top_k: "", zz: 1, seed: null };
    const { generationConfig } = await bodyOf("gemini", "gemini-3.5-flash", params);
    expect(generationConfig).toEqual({ maxOutputTokens: 8_000 });
  });
});

describe("the typed form", () => {
  it("says the same as the flat one", async () => {
    const typed = tagged("anthropic", { effort: "low", cache_ttl: "1h" });
    const flat = { temperature: 0.5, effort: "low", cache_ttl: "1h" };
    const body = await bodyOf("anthropic", "claude-opus-5", typed);
    expect(body).toEqual(await bodyOf("anthropic", "claude-opus-5", flat));
    expect(body).toMatchObject({
      output_config: { effort: "low" },
      cache_control: { type: "ephemeral", ttl: "1h" },
    });
  });
});

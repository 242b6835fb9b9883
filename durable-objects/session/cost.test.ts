import { describe, expect, it } from "vitest";
import { costOf } from "./cost.ts";

const anthropic = (model: string) => ({ model, provider: "anthropic" as const });
const openai = (model: string) => ({ model, provider: "openai" as const });
const million = 1_000_000;

describe("what a model call costs", () => {
  it("is input and output at the catalog's prices", () => {
    const usage = { input_tokens: million, output_tokens: 100_000 };
    expect(costOf(anthropic("claude-opus-5"), usage)).toBeCloseTo(5 + 2.5, 10);
  });

  it("counts what the cache took and gave once, at its own price", () => {
    // The figure that the price source's own documentation gives for this call.
    const usage = {
      input_tokens: million,
      output_tokens: 100_000,
      cache_read_tokens: 200_000,
      cache_creation_tokens: 100_000,
    };
    expect(costOf(anthropic("claude-opus-5"), usage)).toBeCloseTo(6.725, 10);
  });

  it("asks more for what the cache keeps for an hour", () => {
    const cache_creation_tokens = 100_000;
    const usage = { input_tokens: 100_000, output_tokens: 0, cache_creation_tokens };
    expect(costOf(anthropic("claude-opus-5"), usage)).toBeCloseTo(0.625, 10);
    const kept = { ...usage, cache_creation_1h_tokens: 60_000 };
    expect(costOf(anthropic("claude-opus-5"), kept)).toBeCloseTo(0.04 * 6.25 + 0.06 * 10, 10);
  });

  it("is as dear as plain input where the vendor has no price for its cache", () => {
    const usage = { input_tokens: 1_000, output_tokens: 0, cache_read_tokens: 1_000 };
    expect(costOf(openai("gpt-5.2-pro"), usage)).toBeCloseTo(0.021, 10);
  });

  it("is dearer as a whole from the vendor's threshold on", () => {
    const below = { input_tokens: 271_999, output_tokens: 1_000 };
    const above = { input_tokens: 272_000, output_tokens: 1_000 };
    expect(costOf(openai("gpt-5.5"), below)).toBeCloseTo(0.271999 * 5 + 0.03, 10);
    expect(costOf(openai("gpt-5.5"), above)).toBeCloseTo(0.272 * 10 + 0.045, 10);
  });

  it("is unknown for a model without a price, never nothing", () => {
    const usage = { input_tokens: 1_000, output_tokens: 1_000 };
    expect(costOf(anthropic("claude-opus-5-20990101"), usage)).toBeUndefined();
    expect(costOf({ model: "llama", provider: "self_hosted" }, usage)).toBeUndefined();
    expect(costOf(openai("claude-opus-5"), usage)).toBeUndefined();
  });

  it("is what the realm's config says, where it does", () => {
    const usage = { input_tokens: million, output_tokens: million };
    const model = { model: "claude-opus-5", provider: "anthropic" as const };
    expect(costOf({ ...model, price: { input: 0, output: 0 } }, usage)).toBe(0);
    expect(costOf({ ...model, price: { input: 1, output: 2 } }, usage)).toBe(3);
  });
});

import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { dialects } from "../durable-objects/providers/wire/dialects.ts";
import { wire } from "../durable-objects/providers/wire/script.ts";
import { startWire, type Wire } from "../durable-objects/providers/wire/server.node.ts";
import { freshStateRoot, rkat } from "./test-support.ts";

// Every test starts a server, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

let vendors: Wire;

beforeAll(async () => {
  vendors = await startWire();
});

afterAll(async () => {
  await vendors.close();
});

const ask = ["run", "--stream", "What is the capital of France?"];

it("somebody without a key gets an answer at once, and is told that it is a script's", async () => {
  const { code, stdout, stderr } = await rkat(ask, { RKAT_STATE_ROOT: freshStateRoot() });

  expect(code).toBe(0);
  expect(stdout).toContain('You said: "What is the capital of France?"');
  expect(stderr).toMatch(/^The built-in demo script answers[^\n]*\n\[Session: [^\n]*\]\n$/);
});

it.each(["anthropic", "openai", "gemini"] as const)(
  "with a key of %s in its variable, its model answers",
  async (vendor) => {
    const data = dialects[vendor].says("Paris, ", "of course.").join("");
    await wire(vendors.url).script(vendor, [{ chunks: [{ data }] }], { repeat: true });
    const name = vendor.toUpperCase();

    const { code, stdout, stderr } = await rkat(ask, {
      RKAT_STATE_ROOT: freshStateRoot(),
      [`${name}_API_KEY`]: "sk-test-0123456789",
      // Where the stand-in is: a person with a key leaves this out.
      [`${name}_BASE_URL`]: wire(vendors.url).base(vendor),
    });

    expect([code, stdout]).toEqual([0, "Paris, of course.\n"]);
    expect(stderr).toMatch(/^\[Session: \w{8} \| Turns: 1 \| Tokens: \d+ in \/ \d+ out\]\n$/);
  },
);

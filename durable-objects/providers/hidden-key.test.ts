import { describe, expect, it } from "vitest";
import { hidingKey, withoutKey } from "./hidden-key.ts";
import { type Provider, ProviderError } from "./provider.ts";
import { hear, modelRequest } from "./wire/call.ts";

const KEY = "tenant+secret/ABCDEF012345";

describe("withoutKey", () => {
  it.each([
    ["said nothing of it", "said nothing of it"],
    [`you sent ${KEY}, which is wrong`, "you sent [hidden], which is wrong"],
    [`${KEY} ${KEY}`, "[hidden] [hidden]"],
    [`in other case: ${KEY.toLowerCase()}`, "in other case: [hidden]"],
    [`cut off: ${KEY.slice(0, 12)}`, "cut off: [hidden]"],
    [`masked at the front: …${KEY.slice(9)}`, "masked at the front: …[hidden]"],
  ])("makes of '%s'", (text, clean) => {
    expect(withoutKey(text, KEY)).toBe(clean);
  });

  it("knows short keys, too", () => {
    expect(withoutKey("the key is pw1", "pw1")).toBe("the key is [hidden]");
  });
});

describe("hidingKey", () => {
  it("takes the key out of a failure and keeps the rest of it", async () => {
    const provider: Provider = {
      name: "acme",
      // oxlint-disable-next-line require-yield
      async *stream() {
        throw new ProviderError("rate_limited", `slow down, ${KEY}`, {
          status: 429,
          retryAfterMs: 5,
        });
      },
    };

    const { error } = await hear(
      hidingKey(provider, KEY).stream(modelRequest(), new AbortController().signal),
    );

    expect(error).toMatchObject({
      kind: "rate_limited",
      message: "slow down, [hidden]",
      retryable: true,
      status: 429,
      retryAfterMs: 5,
    });
    expect(error?.stack).not.toContain(KEY);
  });

  it("closes the vendor's stream when its reader leaves", async () => {
    let isClosed = false;
    const provider: Provider = {
      name: "acme",
      async *stream() {
        try {
          yield { type: "text", delta: "One" };
          yield { type: "text", delta: "Two" };
        } finally {
          isClosed = true;
        }
      },
    };

    for await (const _ of hidingKey(provider, KEY).stream(modelRequest(), AbortSignal.abort()))
      break;

    expect(isClosed).toBe(true);
  });
});

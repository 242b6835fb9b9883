import { describe, expect, it } from "vitest";
import { providerFor } from "./index.ts";
import { checkUpstreamAddress, mayHaveKey } from "./upstream-address.ts";
import { modelRequest } from "./wire/call.ts";

const hosted = {};
const laptop = { RKAT_ALLOW_PRIVATE_UPSTREAMS: "1" };

describe("an address that a tenant names", () => {
  it.each([
    "https://models.example.com/v1",
    "https://8.8.8.8/v1",
    "https://[2606:4700::1111]/v1",
    "https://models.example.com:8443/v1",
  ])("may be public: %s", (address) => {
    expect(checkUpstreamAddress(address, hosted).href).toContain("https://");
  });

  it.each([
    "http://models.example.com/v1",
    "ftp://models.example.com/",
    "https://user:password@models.example.com/v1",
    "not a url",
    "https://localhost/v1",
    "https://LOCALHOST./v1",
    "https://model.localhost/v1",
    "https://box/v1",
    "https://printer.local/v1",
    "https://metadata.google.internal/",
    "https://127.0.0.1/v1",
    "https://127.1/v1",
    "https://2130706433/v1",
    "https://0x7f.0.0.1/v1",
    "https://0177.0.0.1/v1",
    "https://0.0.0.0/v1",
    "https://10.1.2.3/v1",
    "https://172.16.0.1/v1",
    "https://192.168.1.2/v1",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/v1",
    "https://224.0.0.1/v1",
    "https://[::1]/v1",
    "https://[::]/v1",
    "https://[fe80::1]/v1",
    "https://[fd00::1]/v1",
    "https://[::ffff:127.0.0.1]/v1",
    "https://[::ffff:a9fe:a9fe]/v1",
    "https://[64:ff9b::7f00:1]/v1",
    "https://[2002:7f00:1::]/v1",
  ])("must not lead inside: %s", (address) => {
    expect(() => checkUpstreamAddress(address, hosted)).toThrow(
      expect.objectContaining({ code: "INVALID_PARAMS" }),
    );
  });

  it("may be private where the operator allows it, but stays an address of the web", () => {
    expect(checkUpstreamAddress("http://127.0.0.1:11434/v1", laptop).port).toBe("11434");
    expect(() => checkUpstreamAddress("file:///etc/passwd", laptop)).toThrow("cannot be called");
    expect(() => checkUpstreamAddress("http://a:b@127.0.0.1/", laptop)).toThrow("carries a user");
  });

  it("is not told with what follows its host, where people put keys", () => {
    expect(() => checkUpstreamAddress("https://10.0.0.1/v1?key=hidden", hosted)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hidden") }),
    );
  });
});

describe("the deployment's own key", () => {
  const env = { OPENAI_API_KEY: "sk-operator", OPENAI_BASE_URL: "https://gateway.example/v1" };

  it.each([
    ["a tenant's server", "https://evil.example/v1", {}, false],
    ["another port of the operator's", "https://gateway.example:444/v1", {}, false],
    ["the operator's own gateway", "https://gateway.example/other", {}, true],
    [
      "any server, on one's own machine",
      "https://any.example",
      { RKAT_OPEN_ACCESS: "loopback" },
      true,
    ],
  ])("goes to %s or not", (_, address, more, expected) => {
    expect(mayHaveKey(new URL(address), "openai", { ...env, ...more })).toBe(expected);
  });

  it("stays home when a realm sends a vendor's calls elsewhere", async () => {
    const seen: (string | null)[] = [];
    const real = globalThis.fetch;
    globalThis.fetch = async (_, init) => {
      seen.push(new Headers(init?.headers).get("authorization"));
      return new Response("{}", { status: 401 });
    };
    try {
      const provider = providerFor(
        "openai",
        { env, keys: {} },
        { baseUrl: "https://evil.example/v1" },
      );
      const call = provider.stream(modelRequest(), new AbortController().signal);
      await expect(Array.fromAsync(call)).rejects.toMatchObject({ kind: "auth" });
    } finally {
      globalThis.fetch = real;
    }
    expect(seen).toEqual(["Bearer none"]);
  });
});

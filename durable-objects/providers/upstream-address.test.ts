import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { providerFor } from "./index.ts";
import { checkUpstreamAddress, mayHaveKey } from "./upstream-address.ts";
import { modelRequest } from "./wire/call.ts";

const hosted = {};
const laptop = { RKAT_ALLOW_PRIVATE_UPSTREAMS: "1" };

describe("an address that a tenant names", () => {
  it("is called as from outside: in the Worker's own zone, too, where the firewall would not see it otherwise", () => {
    expect(Cloudflare.compatibilityFlags).toMatchObject({ global_fetch_strictly_public: true });
  });

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
    "https://[::7f00:1]/v1",
    "https://[64:ff9b:1::7f00:1]/v1",
    "https://[fec0::1]/v1",
    "https://168.63.129.16/metadata",
    "https://localhost../v1",
    "https://kubernetes.default.svc/v1",
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

describe("any private address, however it is written", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const privateV4 = fc.oneof(
    fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
    fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
    fc.constant([168, 63, 129, 16] as [number, number, number, number]),
  );
  const spellings: ((parts: readonly number[]) => string)[] = [
    (parts) => parts.join("."),
    (parts) => `${parts.join(".")}.`,
    (parts) => parts.map((part) => `0${part.toString(8)}`).join("."),
    (parts) => parts.map((part) => `0x${part.toString(16)}`).join("."),
    (parts) => String(asNumber(parts)),
    (parts) => `0x${asNumber(parts).toString(16)}`,
    (parts) => parts.join("%2e"),
    (parts) => parts.join(".").replaceAll(/./g, fullWidth),
    ([a = 0, b = 0, c = 0, d = 0]) => `${a}.${b}.${c * 256 + d}`,
    (parts) => `[::ffff:${parts.join(".")}]`,
    (parts) => `[::${parts.join(".")}]`,
    (parts) => `[64:ff9b::${parts.join(".")}]`,
    (parts) => `[64:ff9b:1::${parts.join(".")}]`,
    (parts) => `[::ffff:0:${parts.join(".")}]`,
    ([a = 0, b = 0, c = 0, d = 0]) =>
      `[2002:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}::1]`,
  ];

  it("is refused", () => {
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
    fc.assert(
      fc.property(privateV4, fc.constantFrom(...spellings), port, (parts, spelling, number) => {
        const address = `https://${spelling(parts)}${number ? `:${number}` : ""}/v1`;
        expect(() => checkUpstreamAddress(address, hosted), address).toThrow(
          expect.objectContaining({ code: "INVALID_PARAMS" }),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("is refused as IPv6 outside of what the internet routes", () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const first = group.filter((value) => value < 0x2000 || value > 0x3fff);
    fc.assert(
      fc.property(first, fc.array(group, { minLength: 7, maxLength: 7 }), (head, tail) => {
        const address = `https://[${[head, ...tail].map((each) => each.toString(16)).join(":")}]/v1`;
        expect(() => checkUpstreamAddress(address, hosted), address).toThrow("cannot be called");
      }),
      { numRuns: 1_000 },
    );
  });

  it("is refused as a name of a network's own, in any case and with any dots after it", () => {
    const names = ["localhost", "local", "internal", "corp", "home.arpa", "svc", "localdomain"];
    const label = fc.stringMatching(/^[a-z0-9]{1,12}$/);
    const dots = fc.constantFrom("", ".", "..");
    fc.assert(
      fc.property(label, fc.constantFrom(...names), dots, fc.boolean(), (a, name, end, isLoud) => {
        const host = `${a}.${isLoud ? name.toUpperCase() : name}${end}`;
        expect(() => checkUpstreamAddress(`https://${host}/v1`, hosted), host).toThrow(
          "private address",
        );
      }),
    );
  });

  function asNumber(parts: readonly number[]): number {
    return parts.reduce((sum, part) => sum * 256 + part, 0);
  }

  function fullWidth(char: string): string {
    return char === "." ? "。" : String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0);
  }
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

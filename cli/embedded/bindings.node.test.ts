import { describe, expect, it } from "vitest";
import { configuredProviders, isLoopback, workerBindings } from "./bindings.ts";

const identity = { realm: "team", instance: "laptop", realmBackend: "sqlite" };

describe("the Worker's bindings", () => {
  it("hold what the user set for it and nothing else of the environment", () => {
    const env = {
      ANTHROPIC_API_KEY: "k",
      ANTHROPIC_BASE_URL: "http://mock",
      OPENAI_API_KEY: "",
      AWS_SECRET_ACCESS_KEY: "s",
    };

    expect(workerBindings(identity, "127.0.0.1", env)).toEqual({
      RKAT_DEFAULT_REALM: "team",
      RKAT_INSTANCE: "laptop",
      RKAT_REALM_BACKEND: "sqlite",
      RKAT_OPEN_ACCESS: "loopback",
      RKAT_ALLOW_PRIVATE_UPSTREAMS: "1",
      ANTHROPIC_API_KEY: "k",
      ANTHROPIC_BASE_URL: "http://mock",
    });
  });

  it("let realms name private model servers on loopback, unless the user forbids it", () => {
    const name = "RKAT_ALLOW_PRIVATE_UPSTREAMS";

    expect(workerBindings(identity, "127.0.0.1", { [name]: "0" })).toHaveProperty(name, "0");
    expect(workerBindings(identity, "0.0.0.0", {})).not.toHaveProperty(name);
    expect(workerBindings(identity, "0.0.0.0", { [name]: "1" })).toHaveProperty(name, "1");
  });

  it("open access only on loopback and only without a token", () => {
    const token = { RKAT_ADMIN_TOKEN: "t" };

    expect(workerBindings(identity, "127.0.0.1", token)).not.toHaveProperty("RKAT_OPEN_ACCESS");
    expect(workerBindings(identity, "0.0.0.0", {})).not.toHaveProperty("RKAT_OPEN_ACCESS");
  });

  it.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["::1", true],
    ["localhost", true],
    ["0.0.0.0", false],
    ["::", false],
    ["192.168.1.2", false],
    ["127.0.0.1.example.org", false],
  ])("know that %s is loopback: %s", (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });

  it("tell whose keys there are", () => {
    expect(configuredProviders({})).toEqual([]);
    expect(configuredProviders({ GOOGLE_API_KEY: "g", RKAT_OPENAI_API_KEY: "o" })).toEqual([
      "openai",
      "gemini",
    ]);
  });
});

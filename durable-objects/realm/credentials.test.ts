import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { partsOf, type RemoteParts } from "../../sdk/contract/index.ts";
import type { RealmParts } from "./realm-parts.ts";
import { ConfigVault } from "./config-vault.ts";
import { CredentialCipher } from "./credential-cipher.ts";
import { Credentials } from "./credentials.ts";
import { RealmRecord } from "./realm-record.ts";
import { configure, newRealm, realmStub, vendor } from "../test-support.ts";

const OLD = "k1:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";
const NEW = `k2:${btoa("2".repeat(32))}`;
const KEY = "sk-canary-0123456789-Zq9X";

function credentials(realmId: string): RemoteParts<RealmParts>["credentials"] {
  return partsOf<RealmParts>(realmStub(realmId)).credentials;
}

/** The realm's credentials as a deployment with another secret would see them. */
function under<Result>(
  realmId: string,
  secret: string | undefined,
  act: (part: Credentials) => Promise<Result>,
): Promise<Result> {
  return runInDurableObject(realmStub(realmId), async (object, state) => {
    const pinned = () => ({
      realmId,
      backend: "sqlite",
      origin: "explicit" as const,
      instanceId: null,
      createdAt: 1,
    });
    const record = new RealmRecord(state.storage, pinned, () => {});
    // The object's own environment, but for one secret.
    const { env } = object as unknown as { env: Env };
    const cipher = new CredentialCipher(secret, realmId);
    const vault = new ConfigVault(record, cipher);
    return act(new Credentials(record, state.storage.sql, { cipher, vault, env }));
  });
}

describe("a realm's credentials", () => {
  it("are told without the key, and survive the object", async () => {
    const realmId = newRealm();
    const set = await credentials(realmId).set("openai", KEY, "https://gateway.example/v1");
    await evictDurableObject(realmStub(realmId));

    const { credentials: listed, sources } = await credentials(realmId).list();

    expect(set).toEqual({
      provider: "openai",
      key_id: "k1",
      last4: "Zq9X",
      base_url: "https://gateway.example/v1",
      created_at: expect.any(Number),
      rotated_at: null,
      last_tested_at: null,
    });
    expect(listed).toEqual([set]);
    expect(sources).toEqual([
      { provider: "anthropic", source: "deployment" },
      { provider: "openai", source: "realm" },
      { provider: "gemini", source: "deployment" },
      { provider: "self_hosted", source: "none" },
    ]);
    expect((await credentials(realmId).inUse()).keys).toEqual({
      openai: { apiKey: KEY, baseUrl: "https://gateway.example/v1", source: "realm" },
    });
  });

  it("do not make a realm by being asked for", async () => {
    const realmId = newRealm();

    expect(await credentials(realmId).list()).toMatchObject({ credentials: [] });
    expect(await credentials(realmId).delete("openai")).toMatchObject({ deleted: false });
    expect((await credentials(realmId).inUse()).keys).toEqual({});

    const tables = await runInDurableObject(realmStub(realmId), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'realm'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("do not tell the end of a short key", async () => {
    expect(await credentials(newRealm()).set("self_hosted", "swordfish", null)).not.toHaveProperty(
      "last4",
    );
  });

  it.each(["http://10.0.0.1/v1", "https://127.0.0.1/v1", "https://localhost"])(
    "may not be for %s",
    async (address) => {
      const realmId = newRealm();

      await expect(
        async () => await credentials(realmId).set("openai", KEY, address),
      ).rejects.toMatchObject({ code: "INVALID_PARAMS" });
      expect((await credentials(realmId).list()).credentials).toEqual([]);
    },
  );

  it("are sealed anew under the first secret, so that the old one can go", async () => {
    const realmId = newRealm();
    await credentials(realmId).set("openai", KEY, null);
    await credentials(realmId).set("gemini", "AIza-other", null);
    const { config } = partsOf<RealmParts>(realmStub(realmId));
    await config.set({ provider: { type: "anthropic", api_key: "sk-config" } });

    const rotated = await under(realmId, `${NEW},${OLD}`, (part) => part.rotate());
    const again = await under(realmId, `${NEW},${OLD}`, (part) => part.rotate());
    const { keys } = await under(realmId, NEW, (part) => part.inUse());
    const { credentials: listed } = await credentials(realmId).list();

    expect(rotated).toEqual({ key_id: "k2", rotated: 3 });
    expect(again).toEqual({ key_id: "k2", rotated: 0 });
    expect(keys).toMatchObject({
      anthropic: { apiKey: "sk-config" },
      gemini: { apiKey: "AIza-other" },
      openai: { apiKey: KEY },
    });
    expect((await credentials(realmId).inUse()).keys.anthropic).toMatchObject({
      problem: expect.stringContaining("needs key 'k2'"),
    });
    expect(listed).toMatchObject([
      { provider: "gemini", key_id: "k2", rotated_at: expect.any(Number) },
      { provider: "openai", key_id: "k2", rotated_at: expect.any(Number) },
    ]);
  });

  it("that are replaced during a rotation stay replaced", async () => {
    const realmId = newRealm();
    await credentials(realmId).set("openai", KEY, null);

    await under(realmId, `${NEW},${OLD}`, async (part) => {
      const rotating = part.rotate();
      const setting = part.set("openai", "sk-newer", null);
      await Promise.all([rotating, setting]);
    });

    const { keys } = await under(realmId, `${NEW},${OLD}`, (part) => part.inUse());
    expect(keys).toMatchObject({ openai: { apiKey: "sk-newer" } });
  });

  it("cannot be stored without the deployment's secret, which is named", async () => {
    const realmId = newRealm();

    const refused = await under(realmId, undefined, (part) =>
      part.set("openai", KEY, null).catch((cause: unknown) => cause),
    );

    expect(refused).toMatchObject({
      code: "CONFIGURATION_ERROR",
      message: expect.stringContaining("RKAT_CREDENTIALS_KEY is not set"),
      details: { secret: "RKAT_CREDENTIALS_KEY" },
    });
  });

  it("that cannot be opened concern no other provider", async () => {
    const realmId = newRealm();
    await credentials(realmId).set("openai", KEY, null);

    const { keys } = await under(realmId, NEW, (part) => part.inUse());

    expect(keys).toEqual({ openai: { problem: expect.stringContaining("needs key 'k1'") } });
  });
});

describe("a test of a key", () => {
  const paths = {
    anthropic: ["", "/v1/models?limit=1", "authorization", `Bearer ${KEY}`],
    openai: ["/v1", "/v1/models", "authorization", `Bearer ${KEY}`],
    gemini: ["", "/v1beta/models?pageSize=1", "x-goog-api-key", KEY],
  } as const;

  it.each(["anthropic", "openai", "gemini"] as const)("asks %s for its models", async (name) => {
    const realmId = newRealm();
    const played = await vendor(name, {
      headers: { "content-type": "application/json" },
      chunks: [{ data: '{"data":[]}' }],
    });
    const [base, path, header, value] = paths[name];
    await credentials(realmId).set(name, KEY, `https://${name}.test/${played.model}${base}`);

    const result = await credentials(realmId).test(name);

    const [sent] = await played.requests();
    expect(result).toEqual({
      provider: name,
      ok: true,
      source: "realm",
      status: 200,
      latency_ms: expect.any(Number),
    });
    expect(sent).toMatchObject({ method: "GET", headers: { [header]: value } });
    expect(sent?.path.endsWith(path)).toBe(true);
    expect((await credentials(realmId).list()).credentials).toMatchObject([
      { last_tested_at: expect.any(Number) },
    ]);
  });

  it("tells a refusal without the key that it echoes", async () => {
    const realmId = newRealm();
    const body = JSON.stringify({ error: { message: `Incorrect API key: ${KEY}` } });
    const { model } = await vendor("openai", { status: 401, chunks: [{ data: body }] });
    await credentials(realmId).set("openai", KEY, `https://openai.test/${model}/v1`);

    const result = await credentials(realmId).test("openai");

    expect(result).toMatchObject({ ok: false, status: 401 });
    expect(result.error).toMatch(/^openai answered 401: Incorrect/);
    expect(result.error).not.toContain("0123456789");
  });

  it("does not follow a redirect with the key", async () => {
    const realmId = newRealm();
    const location = "https://elsewhere.test/v1/models";
    const played = await vendor("openai", { status: 302, headers: { location } });
    await credentials(realmId).set("openai", KEY, `https://openai.test/${played.model}/v1`);

    expect(await credentials(realmId).test("openai")).toMatchObject({ ok: false, status: 302 });
    expect(await played.requests()).toHaveLength(1);
  });

  it("does not take a page for people for a list of models", async () => {
    const realmId = newRealm();
    const headers = { "content-type": "text/html" };
    const { model } = await vendor("openai", {
      headers,
      chunks: [{ data: "<html>Sign in</html>" }],
    });
    await credentials(realmId).set("openai", KEY, `https://openai.test/${model}/v1`);

    expect(await credentials(realmId).test("openai")).toMatchObject({
      ok: false,
      status: 200,
      error: "openai answered 200 with something else than a list of models",
    });
  });

  it("tells that a vendor cannot be reached", async () => {
    const realmId = newRealm();
    await credentials(realmId).set("openai", KEY, "https://openai.test/v1");
    const real = globalThis.fetch;
    globalThis.fetch = () => Promise.reject(new TypeError(`no way with ${KEY}`));

    try {
      expect(await credentials(realmId).test("openai")).toMatchObject({
        ok: false,
        status: null,
        error: "openai could not be reached",
      });
    } finally {
      globalThis.fetch = real;
    }
  });

  it("needs a key", async () => {
    const realmId = newRealm();
    await configure(realmId, {});

    await expect(async () => await credentials(realmId).test("self_hosted")).rejects.toMatchObject({
      code: "PROVIDER_ERROR",
      details: { provider: "self_hosted", set_one_of: ["SELF_HOSTED_BASE_URL"] },
    });
  });
});

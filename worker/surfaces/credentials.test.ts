import { describe, expect, it } from "vitest";
import { operationList } from "../../sdk/contract/index.ts";
import { get, json, post, type Refusal, request } from "../test-support.ts";

const KEY = "sk-canary-0123456789-Zq9X";

function at(path: string): string {
  return `/realms/${realm}${path}`;
}

const realm = `credentials-${crypto.randomUUID()}`;

describe("credentials", () => {
  it("are set, listed, sealed anew and deleted over REST and JSON-RPC alike", async () => {
    const set = await request("PUT", at("/credentials/openai"), json({ api_key: KEY }));
    const list = await get(at("/credentials"));
    const overRpc = await post(at("/rpc"), {
      jsonrpc: "2.0",
      id: 1,
      method: "credentials/list",
      params: {},
    });
    const rotated = await post(at("/credentials/rotate"));
    const capabilities = await get<{ providers: unknown[] }>(at("/capabilities"));
    const deleted = await request("DELETE", at("/credentials/openai"));

    expect(set).toMatchObject({ status: 200, body: { provider: "openai", last4: "Zq9X" } });
    expect(list.body).toMatchObject({ credentials: [{ provider: "openai", key_id: "k1" }] });
    expect(overRpc.body.result).toEqual(list.body);
    expect(rotated.body).toEqual({ key_id: "k1", rotated: 0 });
    expect(capabilities.body.providers).toContainEqual(
      expect.objectContaining({ provider: "openai", configured: true }),
    );
    expect(deleted.body).toEqual({ provider: "openai", deleted: true });
    for (const { body } of [set, list, overRpc, rotated, deleted]) {
      expect(JSON.stringify(body)).not.toContain(KEY);
    }
  });

  it.each([
    ["demo", { api_key: KEY }],
    ["openai", {}],
    ["openai", { api_key: "" }],
    ["openai", { api_key: `${KEY} and more` }],
    ["openai", { api_key: `${KEY}\n` }],
    ["openai", { api_key: KEY.repeat(200) }],
    ["openai", { api_key: KEY, base_url: "ftp://files.example" }],
    ["openai", { api_key: KEY, base_url: "https://user:pass@host.example" }],
  ])("refuse a bad value for %s, without repeating it: %j", async (provider, body) => {
    const path = at(`/credentials/${provider}`);
    const refused = await request<Refusal>("PUT", path, json(body));

    expect(refused).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
    expect(JSON.stringify(refused.body)).not.toContain("canary");
  });

  it("do not come from an address, which is logged", async () => {
    const path = at(`/credentials/openai?api_key=${KEY}`);

    expect(await request("PUT", path, json({}))).toMatchObject({ status: 400 });
    expect((await get(at("/credentials"))).body).toMatchObject({ credentials: [] });
  });

  it("are for administrators, and never for models", () => {
    const own = operationList.filter(([name]) => name.startsWith("credentials/"));

    expect(own).toHaveLength(5);
    for (const [, operation] of own) {
      expect(operation.scope).toBe("admin");
      expect(operation.mcp).toBeUndefined();
    }
  });
});

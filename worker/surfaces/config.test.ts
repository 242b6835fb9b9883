import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newRealm, realmStub } from "../../durable-objects/test-support.ts";
import { partsOf } from "../../sdk/contract/index.ts";
import { app } from "../app.ts";
import type { RealmParts } from "../index.ts";
import { get, type Json, json, post, type Refusal, request } from "../test-support.ts";
import { McpTestClient } from "./mcp/test-client.ts";

interface Envelope {
  config: Json;
  generation: number;
  ineffective_keys?: string[];
  lost_secrets?: string[];
}

const put = <Body = Envelope>(realm: string, config: unknown, expected_generation?: number) =>
  request<Body>("PUT", `/realms/${realm}/config`, json({ config, expected_generation }));
const patch = <Body = Envelope>(realm: string, change: unknown, expected_generation?: number) =>
  request<Body>("PATCH", `/realms/${realm}/config`, json({ patch: change, expected_generation }));
const read = async (realm: string) => (await get<Envelope>(`/realms/${realm}/config`)).body;

/** Sends JSON as it stands: what `JSON.stringify` would not write. */
function raw(method: string, realm: string, body: string) {
  const init = { headers: { "content-type": "application/json" }, body };
  return request<Refusal>(method, `/realms/${realm}/config`, init);
}

describe("a value that a config key does not take", () => {
  it.each([
    [{ agent: { max_turns: -3 } }, "agent.max_turns", -3, { exclusiveMinimum: 0 }],
    [{ agent: { temperature: "hot" } }, "agent.temperature", "hot", { minimum: 0, maximum: 2 }],
    [{ agent: { max_tokens_per_turn: 0 } }, "agent.max_tokens_per_turn", 0, {}],
    [{ agent: { max_tokens_per_turn: 5e9 } }, "agent.max_tokens_per_turn", 5e9, {}],
    [{ agent: "x" }, "agent", "x", { type: "object" }],
    [{ max_tokens: 1.5 }, "max_tokens", 1.5, {}],
    [{ budget: { max_tokens: 0 } }, "budget.max_tokens", 0, { exclusiveMinimum: 0 }],
    [{ limits: { budget: 0 } }, "limits.budget", 0, { exclusiveMinimum: 0 }],
    [{ limits: { max_duration: "0s" } }, "limits.max_duration", "0s", { type: "string" }],
    [{ limits: { max_duration: "9999999h" } }, "limits.max_duration", "9999999h", {}],
    [{ retry: { initial_delay: "soon" } }, "retry.initial_delay", "soon", { type: "string" }],
    [{ retry: { call_timeout: 5 } }, "retry.call_timeout", 5, {}],
    [{ retry: { max_retries: 11 } }, "retry.max_retries", 11, { maximum: 10 }],
    [{ tools: { tool_timeouts: { datetime: 5 } } }, "tools.tool_timeouts.datetime", 5, {}],
    [{ tools: { max_concurrent: 0 } }, "tools.max_concurrent", 0, { maximum: 100 }],
    [{ compaction: { recent_turn_budget: 0 } }, "compaction.recent_turn_budget", 0, {}],
    [
      { provider: { type: "acme" } },
      "provider.type",
      "acme",
      { enum: ["anthropic", "openai", "gemini"] },
    ],
    [{ provider: { type: "openai", base_url: "ftp://x" } }, "provider.base_url", "ftp://x", {}],
    [{ models: { openai: 4 } }, "models.openai", 4, {}],
    [{ hooks: { payload_max_bytes: -1 } }, "hooks.payload_max_bytes", -1, { minimum: 0 }],
    [{ shell: { security_mode: "yolo" } }, "shell.security_mode", "yolo", {}],
    [{ retention: { archived_days: 0 } }, "retention.archived_days", 0, {}],
  ])("%j is refused by name, value and what is allowed", async (config, key, value, allowed) => {
    const realm = newRealm();

    const refused = await put<Refusal>(realm, config);
    const patched = await patch<Refusal>(realm, config);

    expect(refused).toMatchObject({
      status: 400,
      body: {
        code: "BAD_REQUEST",
        error: expect.stringContaining(`Invalid config: ${key}: `),
        details: { key, value, allowed: expect.objectContaining(allowed) },
      },
    });
    expect(patched.body).toEqual(refused.body);
    expect(await read(realm)).toMatchObject({ config: {}, generation: 0 });
  });

  it("is not repeated when it is a secret", async () => {
    const config = { provider: { type: "openai", api_key: { "sk-canary": 1 } } };

    const refused = await put<Refusal>(newRealm(), config);

    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).not.toContain("canary");
  });

  it("is told without the password that an address holds", async () => {
    const config = { provider: { type: "openai", base_url: "https://me:canary@a.example/v1" } };

    const refused = await put<Refusal>(newRealm(), config);

    expect(refused.body.details).toMatchObject({ value: "https://[redacted]@a.example/v1" });
    expect(JSON.stringify(refused.body)).not.toContain("canary");
  });

  it.each([
    ["api_key", { api_key: "sk-1" }, { api_keys: { openai: "sk-2" } }],
    ["base_url", { base_url: "https://a.example" }, { base_urls: { openai: "https://b.example" } }],
  ])("contradicts itself in two places: %s", async (key, one, other) => {
    const config = { provider: { type: "openai", ...one }, providers: other };

    const refused = await put<Refusal>(newRealm(), config);

    expect(refused.body.details).toMatchObject({ key: `provider.${key}` });
    expect(JSON.stringify(refused.body)).not.toContain("sk-");
  });
});

describe("a config that is too much", () => {
  const kib = 1_024;

  it("is refused over 256 KiB, as a whole and as the sum of its patches", async () => {
    const realm = newRealm();
    const half = "x".repeat(130 * kib);

    const whole = await put<Refusal>(realm, { notes: "x".repeat(5 * kib * kib) });
    await patch(realm, { one: half });
    const sum = await patch<Refusal>(realm, { two: half });

    const tooLarge = { code: "PAYLOAD_TOO_LARGE", details: { max_bytes: 256 * kib } };
    expect(whole).toMatchObject({ status: 413, body: tooLarge });
    expect(sum).toMatchObject({ status: 413, body: tooLarge });
    expect((await read(realm)).generation).toBe(1);
  });

  it.each([
    [40, 32],
    // What no surface reads at all.
    [100_000, 64],
  ])("is refused %d levels deep", async (depth, max_depth) => {
    const bomb = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

    for (const method of ["PUT", "PATCH"]) {
      expect(await raw(method, newRealm(), bomb)).toMatchObject({
        status: 400,
        body: {
          error: expect.stringContaining(`deeper than ${max_depth}`),
          details: { max_depth },
        },
      });
    }
    const body = `{"jsonrpc":"2.0","id":1,"method":"config/set","params":{"config":${bomb}}}`;
    const init = { headers: { "content-type": "application/json" }, body };
    expect((await request("POST", "/rpc", init)).body).toMatchObject({
      error: { code: -32602, data: { max_depth } },
    });
  });

  it.each(["constructor", "prototype", "__proto__"])("does not store %s", async (key) => {
    const realm = newRealm();

    for (const method of ["PUT", "PATCH"]) {
      const nested = await raw(method, realm, `{"agent":{"${key}":{"polluted":true}}}`);
      const top = await raw(method, realm, `{"${key}":{"polluted":true}}`);
      expect(nested).toMatchObject({ status: 400, body: { details: { key } } });
      expect(top).toMatchObject({ status: 400, body: { error: expect.stringContaining(key) } });
    }

    expect((await read(realm)).config).toEqual({});
    expect({}).not.toHaveProperty("polluted");
    expect(Object.hasOwn((await read(realm)).config, key)).toBe(false);
  });
});

describe("a config's keys", () => {
  it("are taken in camelCase at every level, and only known ones", async () => {
    const realm = newRealm();
    const own = { reasoningEffort: "high", maxTurns: 1 };

    const { body } = await put(realm, {
      maxTokens: 4_096,
      agent: { maxTurns: 7, providerParams: own },
      tools: { toolTimeouts: { myTool: "5s" }, builtinsEnabled: true },
      theirSection: { maxTurns: 9 },
    });
    await patch(realm, { agent: { maxTurns: null, toolInstructions: "Be quick." } });

    expect(body.config).toEqual({
      max_tokens: 4_096,
      agent: { max_turns: 7, provider_params: own },
      tools: { tool_timeouts: { myTool: "5s" }, builtins_enabled: true },
      theirSection: { maxTurns: 9 },
    });
    expect((await read(realm)).config.agent).toEqual({
      provider_params: own,
      tool_instructions: "Be quick.",
    });
  });

  it("are refused under both names at once", async () => {
    const refused = await put<Refusal>(newRealm(), { agent: { maxTurns: 1, max_turns: 2 } });

    expect(refused).toMatchObject({ status: 400, body: { details: { key: "agent.max_turns" } } });
  });

  it("return to their defaults by null, in a set as in a patch", async () => {
    const { body } = await put(newRealm(), { agent: { model: null }, budget: null });

    expect(body.config).toEqual({ agent: {} });
  });

  it("with an effect are not told as idle", async () => {
    const { body } = await put(newRealm(), {
      agent: {
        model: "demo",
        max_tokens_per_turn: 1,
        system_prompt: "",
        tool_instructions: "",
        temperature: 0,
        max_turns: 1,
        budget_warning_threshold: 1,
        provider_params: { seed: 1 },
      },
      max_tokens: 1,
      budget: { max_tokens: 1, max_duration: "1h 30m", max_tool_calls: 0 },
      limits: { budget: 1, max_duration: "1d", max_turn_duration: "1s", max_sessions: 1 },
      retry: { max_retries: 0, initial_delay: "0ms", call_timeout: "disabled" },
      tools: { default_timeout: "1m", tool_timeouts: { a: "1s" }, max_concurrent: 1 },
      models: { openai: "gpt-5.4" },
      provider: { type: "gemini" },
    });

    expect(body).toMatchObject({ generation: 1 });
    expect(body).not.toHaveProperty("ineffective_keys");
  });

  it("without effect here are kept, and told", async () => {
    const realm = newRealm();
    const config = {
      agent: { model: "demo", hobby: "chess" },
      hooks: { default_timeout_ms: 1 },
      tools: { mcp_servers: [{ name: "x" }], shell_enabled: true, builtins_enabled: true },
      skills: {},
      "odd key": 1,
    };

    const { body } = await put(realm, config);

    expect(body.config).toEqual(config);
    expect(body.ineffective_keys).toEqual([
      '"odd key"',
      "agent.hobby",
      "hooks",
      "tools.mcp_servers",
      "tools.shell_enabled",
    ]);
    expect(await read(realm)).toEqual(body);
    expect((await put(realm, { agent: { model: "demo" } })).body).not.toHaveProperty(
      "ineffective_keys",
    );
  });
});

describe("a secret in the config", () => {
  const server = (name: string) => ({ name, headers: { Authorization: `canary-${name}` } });

  it("is hidden wherever it is, also in lists, and kept by its mark", async () => {
    const realm = newRealm();
    const mcp_servers = [server("one"), server("two")];
    await put(realm, {
      tools: { mcp_servers },
      custom: { clientSecret: "canary", aws_secret_access_key: "canary" },
    });

    const shown = await read(realm);
    const [one, two] = (shown.config as { tools: { mcp_servers: unknown[] } }).tools.mcp_servers;
    await patch(realm, { tools: { mcp_servers: [two, one] }, agent: { max_turns: 3 } });
    const back = await put(realm, { ...(await read(realm)).config });

    expect(JSON.stringify([shown, back])).not.toContain("canary");
    expect(back.status).toBe(200);
  });

  it("is not made of a mark that stands for nothing", async () => {
    const realm = newRealm();
    const provider = { type: "openai", api_key: "[redacted]" };

    expect(await put<Refusal>(realm, { provider })).toMatchObject({
      status: 400,
      body: { details: { key: "provider.api_key" } },
    });
    expect((await read(realm)).generation).toBe(0);
    expect((await put(realm, { agent: { system_prompt: "[redacted]" } })).body.config).toEqual({
      agent: { system_prompt: "[redacted]" },
    });
  });

  it("in an address is hidden, and kept by its mark", async () => {
    const realm = newRealm();
    const url = "https://u:canary@hooks.example/call?a=1&api_key=canary&sig=canary#key=shown";
    const shown =
      "https://u:[redacted]@hooks.example/call?a=1&api_key=[redacted]&sig=[redacted]#key=shown";
    await put(realm, { custom: { url, note: "see https://h.example/?token=said in the text" } });

    const { config } = await read(realm);
    const back = await put(realm, { ...config, agent: { max_turns: 3 } });
    const moved = await put<Refusal>(realm, { custom: { other: shown } });

    expect(config.custom).toEqual({ url: shown, note: expect.stringContaining("token=said") });
    expect(back.body.config.custom).toEqual(config.custom);
    expect(moved).toMatchObject({ status: 400, body: { details: { key: "custom.other" } } });
    const kept = await partsOf<RealmParts>(realmStub(realm)).credentials.inUse();
    expect(kept.config.custom).toMatchObject({ url });
  });

  it("is sealed, and sealed anew with the deployment's newest key", async () => {
    const realm = newRealm();
    await put(realm, { provider: { type: "openai", api_key: "canary" }, agent: { max_turns: 2 } });

    const stored = await runInDurableObject(realmStub(realm), (_, { storage }) =>
      storage.sql.exec<{ config: string; secrets_key_id: string }>("SELECT * FROM realm").one(),
    );

    expect(stored.secrets_key_id).toBe("k1");
    expect(JSON.parse(stored.config)).toEqual({
      provider: { type: "openai", api_key: "[redacted]" },
      agent: { max_turns: 2 },
    });
    await put(realm, {});
    const empty = await runInDurableObject(realmStub(realm), (_, { storage }) =>
      storage.sql.exec("SELECT secrets, secrets_key_id FROM realm").one(),
    );
    expect(empty).toEqual({ secrets: null, secrets_key_id: null });
  });

  it("that was stored before secrets were sealed goes on counting, and is sealed by a write or a rotation", async () => {
    const config = {
      provider: { type: "openai", api_key: "canary" },
      custom: { url: "https://hooks.example/?api_key=canary" },
    };
    const unsealed = async () => {
      const realm = newRealm();
      await put(realm, { agent: { max_turns: 1 } });
      await runInDurableObject(realmStub(realm), (_, { storage }) => {
        const text = JSON.stringify(config);
        storage.sql.exec("UPDATE realm SET config = ?", text);
        storage.sql.exec("UPDATE config_history SET config = ?", text);
      });
      return realm;
    };
    const written = await unsealed();
    const rotated = await unsealed();
    const inUse = (realm: string) => partsOf<RealmParts>(realmStub(realm)).credentials.inUse();
    const before = await inUse(rotated);
    const history = await get(`/realms/${rotated}/config/history?generation=1`);

    await patch(written, { agent: { max_turns: 2 } });
    const rotation = await post<{ rotated: number }>(`/realms/${rotated}/credentials/rotate`, {});
    const again = await post<{ rotated: number }>(`/realms/${rotated}/credentials/rotate`, {});

    expect(before).toMatchObject({ config, keys: { openai: { apiKey: "canary" } } });
    expect(JSON.stringify([await read(rotated), history.body])).not.toContain("canary");
    expect([rotation.body.rotated, again.body.rotated]).toEqual([1, 0]);
    expect(await inUse(rotated)).toEqual(before);
    expect((await inUse(written)).config).toMatchObject(config);
    const stored = await Promise.all(
      [written, rotated].map((realm) =>
        runInDurableObject(realmStub(realm), (_, { storage }) =>
          storage.sql.exec<{ config: string; generation: number }>("SELECT * FROM realm").one(),
        ),
      ),
    );
    expect(stored.map(({ generation }) => generation)).toEqual([2, 1]);
    expect(stored.map(({ config: text }) => text).join("")).not.toContain("canary");
  });

  it("of two writes at once is that of the later one, and both count", async () => {
    const realm = newRealm();
    const write = (name: string) => patch(realm, { custom: { [name]: { secret: name } } });

    const written = await Promise.all(["a", "b", "c"].map(write));

    expect(new Set(written.map(({ body }) => body.generation))).toEqual(new Set([1, 2, 3]));
    const kept = await partsOf<RealmParts>(realmStub(realm)).credentials.inUse();
    const custom = { a: { secret: "a" }, b: { secret: "b" }, c: { secret: "c" } };
    expect(kept.config).toEqual({ custom });
  });

  it("stays the present one in a restore, and what nobody holds any more is told", async () => {
    const realm = newRealm();
    const key = (api_key: string) => ({ provider: { type: "openai", api_key } });
    await put(realm, key("canary-1"));
    await put(realm, key("canary-2"));
    const kept = await post<Envelope>(`/realms/${realm}/config/restore`, { generation: 1 });
    await put(realm, {});
    const gone = await post<Envelope>(`/realms/${realm}/config/restore`, { generation: 1 });

    expect(kept.body).toMatchObject({ config: key("[redacted]"), generation: 3 });
    expect(kept.body).not.toHaveProperty("lost_secrets");
    expect(gone.body).toMatchObject({
      config: { provider: { type: "openai" } },
      generation: 5,
      lost_secrets: ["provider.api_key"],
    });
    const { body } = await get(`/realms/${realm}/config/history?generation=2`);
    expect(JSON.stringify(body)).not.toContain("canary");
  });
});

/** The same question on each surface; a refusal is its facts. */
const surfaces = {
  REST: async (realm: string, action: string, args: Json) => {
    const [method, path] = {
      patch: ["PATCH", "/config"],
      history: [
        "GET",
        `/config/history?${new URLSearchParams(args as Record<string, string>).toString()}`,
      ],
      restore: ["POST", "/config/restore"],
    }[action] as [string, string];
    const init = method === "GET" ? {} : json(args);
    const { status, body } = await request(method, `/realms/${realm}${path}`, init);
    return status === 200 ? body : (body.details as Json);
  },
  RPC: async (realm: string, action: string, params: Json) => {
    const message = { jsonrpc: "2.0", id: 1, method: `config/${action}`, params };
    const { body } = await post<{ result?: Json; error: { data: Json } }>(
      `/realms/${realm}/rpc`,
      message,
    );
    return body.result ?? body.error.data;
  },
  MCP: async (realm: string, action: string, args: Json) => {
    const client = new McpTestClient({ era: "modern", realm });
    const { isError, structuredContent, content } = await client.call("meerkat_config", {
      action,
      ...args,
    });
    if (!isError) return structuredContent as Json;
    return (JSON.parse(content?.[0]?.text ?? "") as { details: Json }).details;
  },
};

describe.each(Object.entries(surfaces))("over %s", (_, ask) => {
  it("a late write is refused with both generations", async () => {
    const realm = newRealm();
    await patch(realm, {});

    for (const [action, args] of [
      ["patch", { patch: {} }],
      ["restore", { generation: 1 }],
    ] as const) {
      expect(await ask(realm, action, { ...args, expected_generation: 7 })).toMatchObject({
        type: "generation_conflict",
        expected_generation: 7,
        current_generation: 1,
      });
    }
  });

  it("the history tells who changed which keys, and an older document comes back", async () => {
    const realm = newRealm();
    await put(realm, {
      agent: { model: "demo", max_turns: 3 },
      provider: { type: "openai", api_key: "a" },
    });
    await patch(realm, {
      agent: { max_turns: 4 },
      provider: { api_key: "b" },
      budget: { max_tokens: 9 },
    });

    const restored = await ask(realm, "restore", { generation: 1, expected_generation: 2 });
    const { history, generation } = (await ask(realm, "history", {})) as {
      history: Json[];
      generation: number;
    };
    const newest = await ask(realm, "history", { limit: 1 });
    const second = await ask(realm, "history", { generation: 2 });

    expect(restored).toMatchObject({
      config: { agent: { model: "demo", max_turns: 3 } },
      generation: 3,
    });
    expect(generation).toBe(3);
    const [last, middle, first] = history;
    expect(last).toEqual({
      generation: 3,
      created_at: expect.any(Number) as number,
      actor: "open",
      action: "restore",
      restored_generation: 1,
      changed_keys: ["agent.max_turns", "budget.max_tokens"],
      changed_count: 2,
    });
    expect(middle).toMatchObject({
      action: "patch",
      changed_keys: ["agent.max_turns", "budget.max_tokens", "provider.api_key"],
    });
    expect(first).toMatchObject({ action: "set", changed_count: 4 });
    expect(newest).toMatchObject({ history: [last] });
    expect(second).toMatchObject({
      history: [
        { ...middle, config: { agent: { max_turns: 4 }, provider: { api_key: "[redacted]" } } },
      ],
    });
  });

  it("a generation that is not kept is refused with those that are", async () => {
    const realm = newRealm();
    expect(await ask(realm, "restore", { generation: 1 })).toMatchObject({ generation: 1 });
    await patch(realm, {});

    for (const action of ["restore", "history"]) {
      expect(await ask(realm, action, { generation: 9 })).toMatchObject({
        generation: 9,
        oldest: 1,
        newest: 1,
      });
    }
  });
});

describe("a config's history", () => {
  it("keeps 50 generations", async () => {
    const realm = newRealm();
    for (let turns = 1; turns <= 53; turns += 1) await put(realm, { agent: { max_turns: turns } });

    const { body } = await get<{ history: { generation: number }[] }>(
      `/realms/${realm}/config/history`,
    );
    const oldest = await post(`/realms/${realm}/config/restore`, { generation: 4 });

    expect(body.history.map(({ generation }) => generation)).toEqual(
      Array.from({ length: 50 }, (_, index) => 53 - index),
    );
    expect(oldest.body).toMatchObject({ config: { agent: { max_turns: 4 } }, generation: 54 });
    expect((await post(`/realms/${realm}/config/restore`, { generation: 3 })).status).toBe(400);
  });

  it("names the admin's token, also when it came as a ticket", async () => {
    const realm = newRealm();
    const send = async (method: string, path: string, headers: Record<string, string> = {}) => {
      const url = `https://edge.example/realms/${realm}${path}`;
      const asked = new Request(url, {
        method,
        headers,
        ...(method === "PATCH" && { body: "{}" }),
      });
      const response = await app.fetch(asked, { ...env, RKAT_ADMIN_TOKEN: "s3cret" });
      return response.json<Json>();
    };
    const bearer = { authorization: "Bearer s3cret" };
    const type = { "content-type": "application/json" };

    await send("PATCH", "/config", { ...bearer, ...type });
    const { ticket } = await send("POST", "/tickets", bearer);
    await send("PATCH", `/config?ticket=${String(ticket)}`, type);

    expect(await send("GET", "/config/history", bearer)).toMatchObject({
      history: [{ actor: "admin" }, { actor: "admin" }],
    });
  });

  it("of an unused realm is empty, and asking does not create it", async () => {
    const realm = newRealm();

    expect((await get(`/realms/${realm}/config/history`)).body).toEqual({
      history: [],
      generation: 0,
    });
  });
});

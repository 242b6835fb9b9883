import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dialects } from "../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../durable-objects/providers/wire/openai.ts";
import { newRealm, realmStub, vendor } from "../durable-objects/test-support.ts";
import { operationList, partsOf } from "../sdk/contract/index.ts";
import { sharedToken } from "../sdk/contract/share-url.ts";
import { app } from "./app.ts";
import type { Caller } from "./call.ts";
import type { RealmParts } from "./index.ts";
import { sessionAddress } from "./session-address.ts";
import { EventStream } from "./surfaces/event-stream.ts";
import { RpcConnection } from "./surfaces/rpc/connection.ts";
import { startSession } from "./surfaces/mcp/turn-tool.ts";
import { RpcTestClient } from "./surfaces/rpc/test-client.ts";
import { stillStands, tokenGrant } from "./token-grants.ts";
import { EventReader, is, type Json, json, post, request, send } from "./test-support.ts";

const unknownSession = "0193f2a0-0000-7000-8000-000000000000";

interface Made extends Json {
  token: string;
  token_id: string;
}

function bearer(token: string, init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return { ...init, headers };
}

/** A new token of a realm, made by whoever may. */
async function token(realm: string, options: Json = {}): Promise<Made> {
  const { status, body } = await post<Made>(`/realms/${realm}/tokens`, options);
  if (status !== 201) throw new Error(`no token: ${JSON.stringify(body)}`);
  return body;
}

async function ask(made: string, method: string, path: string, body?: Json) {
  return request(method, path, bearer(made, json(body)));
}

async function rpc(made: string, method: string, params: Json, path = "/rpc") {
  return ask(made, "POST", path, { jsonrpc: "2.0", id: 1, method, params });
}

/** A session with one turn. */
async function session(realm: string, labels: Json = {}): Promise<string> {
  const { body } = await post(`/realms/${realm}/sessions`, { prompt: "hi", model: "demo", labels });
  return String(body.session_id);
}

const parts = (realm: string) => partsOf<RealmParts>(realmStub(realm));

afterEach(() => {
  vi.useRealTimers();
});

describe("without access", () => {
  const SECRET = "a-deployment-secret-of-some-length";
  const closed = (path: string, init: RequestInit = {}) =>
    Promise.resolve(
      app.fetch(new Request(`https://edge.example${path}`, init), {
        ...env,
        RKAT_ADMIN_TOKEN: SECRET,
      }),
    );
  const realm = newRealm();
  const foreign = newRealm();

  const ticketOf = async (of: string, made: string) => {
    const { body } = await ask(made, "POST", `/realms/${of}/tickets`);
    return String(body.ticket);
  };

  interface Shown {
    what: string;
    headers: Record<string, string>;
    status: 401 | 403;
  }

  /** Whatever does not open the realm, with what it is answered. */
  async function credentials(): Promise<Shown[]> {
    const all = { scopes: ["read", "run", "admin"] };
    const good = (await token(realm, all)).token;
    const short = (await token(realm, { expires_in: 1 })).token;
    const gone = await token(realm);
    const [orphan, late] = [await ticketOf(realm, gone.token), await ticketOf(realm, short)];
    await request("DELETE", `/realms/${realm}/tokens/${gone.token_id}`);
    const other = (await token(foreign, all)).token;
    const shared = await post<Made>(`/realms/${foreign}/sessions/${await session(foreign)}/share`);
    const [spent, theirs] = [await ticketOf(realm, good), await ticketOf(foreign, other)];
    await send(`/realms/${realm}/sessions?ticket=${spent}`);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2_000 });
    const [body = ""] = /^.*(?=\.)/.exec(good) ?? [];
    const as = (what: string, credential: string, status: 401 | 403 = 401) => ({
      what,
      headers: { authorization: `Bearer ${credential}` },
      status,
    });
    const asTicket = (what: string, ticket: string): Shown => ({
      what,
      headers: { "sec-websocket-protocol": `meerkat.v1, ticket.${ticket}` },
      status: 401,
    });
    return [
      { what: "nothing", headers: {}, status: 401 },
      { what: "another scheme", headers: { authorization: `Basic ${btoa(good)}` }, status: 401 },
      { what: "a cookie", headers: { cookie: `token=${good}` }, status: 401 },
      as("an expired token", short),
      as("a revoked token", gone.token),
      as("a token of another realm", other, 403),
      as("a share of another realm", shared.body.token, 403),
      as("a token cut off", good.slice(0, -3)),
      as("a token without its check", body),
      as("a guessed token", good.replace(/.{8}\.(.{8})$/, "AAAAAAAA.$1")),
      as("another secret", "something-else"),
      as("a JWT of nobody", "eyJhbGciOiJub25lIn0.e30."),
      as("a ticket in place of a token", theirs),
      asTicket("a spent ticket", spent),
      asTicket("a ticket of a revoked token", orphan),
      asTicket("a ticket of an expired token", late),
      asTicket("a ticket of another realm", theirs),
      asTicket("a ticket cut off", theirs.slice(0, -3)),
      asTicket("a guessed ticket", `${realm}.${crypto.randomUUID()}${crypto.randomUUID()}`),
      asTicket("a token in place of a ticket", good),
    ];
  }

  const base = `/realms/${realm}`;
  const message = (method: string, params: Json = {}) => ({
    jsonrpc: "2.0",
    id: 1,
    method,
    params,
  });

  /** Every operation, on each surface that has it, and what the surfaces have beside them. */
  const requests: [where: string, path: string, method: string, body?: Json | undefined][] = [
    ...operationList.flatMap(([name, { http, mcp }]): typeof requests => {
      const [method, template] = http;
      const path = base + template.replaceAll(/:\w+/g, unknownSession);
      const call = message("tools/call", { name: mcp?.name ?? "", arguments: {} });
      return [
        [name, path, method, method === "GET" ? undefined : {}],
        [`${name} by RPC`, `${base}/rpc`, "POST", message(name)],
        ...(mcp ? ([[`${name} by MCP`, `${base}/mcp`, "POST", call]] as typeof requests) : []),
      ];
    }),
    ...["initialize", "tools/list", "resources/read", "tasks/get", "server/discover"].map(
      (method): (typeof requests)[number] => [method, `${base}/mcp`, "POST", message(method)],
    ),
    ["an MCP stream", `${base}/mcp`, "GET"],
    ["the end of an MCP session", `${base}/mcp`, "DELETE"],
    ["an event stream", `${base}/sessions/${unknownSession}/events`, "GET"],
    ["a token in the query", `${base}/sessions?access_token=rkat_&token=rkat_`, "GET"],
    ["the OpenAPI document", `${base}/openapi.json`, "GET"],
    ["no route", `${base}/nowhere`, "GET"],
    ["no method", `${base}/sessions`, "PURGE"],
    ["a body that is none", `${base}/sessions`, "POST"],
  ];

  it("every operation on every surface is refused in its own words, and no session wakes", async () => {
    const refused = await credentials();
    const before = (await listDurableObjectIds(env.SESSIONS)).length;
    for (const { what, headers, status } of refused) {
      const code = status === 401 ? "UNAUTHORIZED" : "SCOPE_DENIED";
      const challenge = status === 401 ? "Bearer" : null;
      for (const [where, path, method, body] of requests) {
        const init = { method, headers: { ...headers, "content-type": "application/json" } };
        const reply = await closed(path, body ? { ...init, body: JSON.stringify(body) } : init);
        const told = `${what}: ${where}`;
        expect(reply.status, told).toBe(status);
        // MCP also says where to sign in: surfaces/oauth/oauth.test.ts.
        const [said] = reply.headers.get("www-authenticate")?.split(" ") ?? [null];
        expect(said, told).toBe(challenge);
        const isRpc = /\/(?:rpc|mcp)$/.test(path);
        const shape = isRpc ? { error: { data: { code } } } : { code, error: expect.any(String) };
        expect(await reply.json(), told).toMatchObject(shape);
      }
      const upgrade = await closed(`${base}/rpc`, {
        headers: { ...headers, upgrade: "websocket" },
      });
      expect(upgrade.status, `${what}: upgrade`).toBe(status);
    }
    expect((await listDurableObjectIds(env.SESSIONS)).length).toBe(before);
    // The count can tell: whoever may ask does wake it.
    const headers = { authorization: `Bearer ${SECRET}` };
    expect((await closed(`${base}/sessions/${unknownSession}`, { headers })).status).toBe(404);
    expect((await listDurableObjectIds(env.SESSIONS)).length).toBe(before + 1);
  });
});

describe("an access token", () => {
  it("works in its own realm without naming it, until it is revoked; its secret is not stored", async () => {
    const realm = newRealm();
    const made = await token(realm, { name: "ci", scopes: ["read"], expires_in: 60 });

    expect(made.token).toMatch(new RegExp(`^rkat_${realm}\\.${made.token_id}\\.`));
    expect(await ask(made.token, "GET", "/config")).toMatchObject({
      status: 200,
      body: { realm_id: realm },
    });
    expect((await rpc(made.token, "session/list", {})).body.result).toEqual({ sessions: [] });
    const refused = await ask(made.token, "PATCH", "/config", {});
    expect(refused).toMatchObject({ status: 403, body: { code: "SCOPE_DENIED" } });
    const { body } = await request<{ tokens: Json[] }>("GET", `/realms/${realm}/tokens`);
    const { token: secret, ...info } = made;
    expect(body.tokens).toEqual([{ ...info, last_used_at: expect.any(Number) }]);
    const stored = await runInDurableObject(realmStub(realm), (_, { storage }) =>
      JSON.stringify(storage.sql.exec("SELECT * FROM tokens").toArray()),
    );
    expect(stored).not.toContain(secret.split(".")[2]);

    const path = `/realms/${realm}/tokens/${made.token_id}`;
    expect((await request("DELETE", path)).body).toMatchObject({ revoked: true });
    expect((await request("DELETE", path)).body).toMatchObject({ revoked: false });
    expect((await ask(made.token, "GET", "/config")).status).toBe(401);
  });

  it("may be asked what it is, whatever its scope, by its ticket too", async () => {
    const realm = newRealm();
    const made = await token(realm, { scopes: ["read", "run"], labels: { a: "b" }, expires_in: 9 });
    const admin = await token(realm, { scopes: ["admin"] });

    const self = await ask(made.token, "GET", "/tokens/self");
    expect(self).toMatchObject({
      status: 200,
      body: {
        realm_id: realm,
        actor: made.token_id,
        reach: "realm",
        scopes: ["read", "run"],
        labels: { a: "b" },
        expires_at: made.expires_at,
      },
    });
    const { ticket } = (await ask(made.token, "POST", "/tickets")).body;
    expect((await request("GET", `/tokens/self?ticket=${String(ticket)}`)).body).toEqual(self.body);
    expect((await ask(admin.token, "GET", "/tokens/self")).body.scopes).toEqual(["admin"]);
  });

  it("is asked about once in 30 seconds, and is over by then elsewhere too", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const realm = newRealm();
    const made = await token(realm);
    const used = async () => (await ask(made.token, "GET", "/capabilities")).status;
    expect(await used()).toBe(200);
    // As another isolate would: this one is not told.
    await parts(realm).tokens.revoke(made.token_id);

    vi.setSystemTime(Date.now() + 29_000);
    expect(await used()).toBe(200);
    vi.setSystemTime(Date.now() + 1_000);
    expect(await used()).toBe(401);
  });

  it("is noted as used once an hour", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const realm = newRealm();
    const { token_id } = await token(realm);
    const usedAt = async () => {
      await parts(realm).tokens.find(token_id);
      return (await parts(realm).tokens.list())[0]?.last_used_at ?? 0;
    };

    vi.setSystemTime(new Date("2027-01-01T10:05:00Z"));
    const first = await usedAt();
    vi.setSystemTime(new Date("2027-01-01T10:55:00Z"));
    expect(await usedAt()).toBe(first);
    vi.setSystemTime(new Date("2027-01-01T11:00:00Z"));
    expect(await usedAt()).toBe(first + 3_600);
  });

  it("cannot give more than it has, nor reach another realm by name", async () => {
    const realm = newRealm();
    const made = await token(realm, { scopes: ["admin"] });

    const more = await ask(made.token, "POST", "/tokens", { scopes: ["run"] });
    expect(more).toMatchObject({ status: 403, body: { code: "SCOPE_DENIED" } });
    expect((await ask(made.token, "POST", "/tokens", { scopes: ["admin"] })).status).toBe(201);
    const other = newRealm();
    await post("/realms", { realm_id: other });
    expect((await ask(made.token, "DELETE", `/realms/${other}`)).status).toBe(403);
    expect((await request("GET", `/realms/${other}/audit`)).body.entries).toHaveLength(1);
  });

  it("with origins is refused to pages of others", async () => {
    const realm = newRealm();
    const made = await token(realm, { origins: ["https://app.example"] });
    const from = (origin: string) =>
      send("/sessions", bearer(made.token, { headers: { origin } })).then(({ status }) => status);

    expect(await from("https://console.example")).toBe(403);
    expect((await ask(made.token, "GET", "/sessions")).status).toBe(200);
    expect((await post(`/realms/${realm}/tokens`, { origins: ["app.example/x"] })).status).toBe(
      400,
    );
  });

  it("with labels sees, uses and creates only sessions that have them", async () => {
    const realm = newRealm();
    const [theirs, ours] = [await session(realm), await session(realm, { team: "infra" })];
    const made = (await token(realm, { labels: { team: "infra" } })).token;

    const listed = await ask(made, "GET", "/sessions");
    expect(listed.body.sessions).toMatchObject([{ session_id: ours }]);
    expect((await ask(made, "GET", "/sessions?label=team=web")).status).toBe(403);
    expect((await ask(made, "GET", `/sessions/${ours}`)).status).toBe(200);
    const turn = { prompt: "again" };
    expect((await ask(made, "POST", `/sessions/${ours}/messages`, turn)).status).toBe(200);
    const created = await ask(made, "POST", "/sessions", { prompt: "hi", model: "demo" });
    expect(created.status).toBe(200);
    const info = await ask(made, "GET", `/sessions/${String(created.body.session_id)}`);
    expect(info.body.labels).toEqual({ team: "infra" });
    const forked = await ask(made, "POST", `/sessions/${ours}/fork`, { labels: { a: "b" } });
    const fork = await ask(made, "GET", `/sessions/${String(forked.body.session_id)}`);
    expect(fork.body.labels).toEqual({ a: "b", team: "infra" });

    for (const [name, { http, scope }] of operationList) {
      const [method, path] = http;
      const named = path.includes(":session_id") || path.startsWith("/events/");
      if (scope === "admin" || !named) continue;
      const params = { scope: { type: "session", session_id: theirs }, session_id: theirs };
      const needed = { run_id: "r", input_id: "i", prompt: "x", text: "x", turns: 1 };
      const results = { tool_results: [{ tool_use_id: "t", content: "x" }] };
      const sent = name === "turn/answer" ? { ...params, ...results } : { ...params, ...needed };
      const { body } = await rpc(made, name, sent);
      expect(body.error, `${method} ${name}`).toMatchObject({ data: { code: "SCOPE_DENIED" } });
    }
    expect((await ask(made, "GET", `/sessions/${theirs}/events`)).status).toBe(403);
    const text = { prompt: "x", model: "demo", labels: { team: "web" } };
    expect((await ask(made, "POST", "/sessions", text)).status).toBe(403);
    expect((await ask(made, "GET", "/config")).status).toBe(403);
    const admin = { scopes: ["read", "admin"], labels: { team: "infra" } };
    expect((await post(`/realms/${realm}/tokens`, admin)).status).toBe(400);
  });
});

describe("a ticket", () => {
  it("carries what its token may do, and finds its realm by itself", async () => {
    const realm = newRealm();
    const [theirs, ours] = [await session(realm), await session(realm, { team: "infra" })];
    const made = (await token(realm, { labels: { team: "infra" } })).token;
    const trade = async (body: Json = {}) =>
      String((await ask(made, "POST", "/tickets", body)).body.ticket);
    const use = async (path: string) => {
      const response = await send(`${path}?ticket=${await trade()}`);
      await response.body?.cancel();
      return response.status;
    };

    expect(await use(`/sessions/${ours}/events`)).toBe(200);
    expect(await use(`/sessions/${theirs}/events`)).toBe(403);
    expect((await ask(made, "POST", "/tickets", { session_id: theirs })).status).toBe(403);
    expect((await send(`/realms/${newRealm()}/sessions?ticket=${await trade()}`)).status).toBe(401);
  });

  it("is good for a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const realm = newRealm();
    const [first, second] = [
      await post(`/realms/${realm}/tickets`),
      await post(`/realms/${realm}/tickets`),
    ];
    const use = async ({ body }: typeof first) =>
      (await request("GET", `/sessions?ticket=${String(body.ticket)}`)).status;

    vi.setSystemTime(Date.now() + 60_000);
    expect(await use(first)).toBe(200);
    vi.setSystemTime(Date.now() + 1);
    expect(await use(second)).toBe(401);
  });

  it("of one session opens nothing else", async () => {
    const realm = newRealm();
    const [one, other] = [await session(realm), await session(realm)];
    const use = async (method: string, path: string) => {
      const { body } = await post(`/realms/${realm}/tickets`, { session_id: one });
      const response = await send(`${path}?ticket=${String(body.ticket)}`, { method });
      await response.body?.cancel();
      return response.status;
    };

    expect(await use("GET", `/sessions/${one}/events`)).toBe(200);
    expect(await use("GET", `/sessions/${other}/events`)).toBe(403);
    expect(await use("GET", "/sessions")).toBe(403);
    expect(await use("DELETE", `/sessions/${one}`)).toBe(403);
  });
});

describe("a share", () => {
  /** A session with one turn, and what makes a share of it. */
  async function shared(options: Json = {}) {
    const realm = newRealm();
    const id = await session(realm);
    const made = await post<Made & { share_id: string; url: string; expires_at: number }>(
      `/realms/${realm}/sessions/${id}/share`,
      options,
    );
    expect(made.status).toBe(201);
    return { realm, id, ...made.body };
  }

  it("watches its session and does nothing else", async () => {
    const { realm, id, token: share, share_id } = await shared();
    const other = await session(realm);

    expect((await ask(share, "GET", `/sessions/${id}`)).status).toBe(200);
    expect((await ask(share, "GET", `/sessions/${id}/history`)).status).toBe(200);
    const reader = await EventReader.open(
      `/sessions/${id}/events?after=0`,
      new Headers({ authorization: `Bearer ${share}` }),
    );
    await reader.until(is("run_completed"));
    await reader.cut();
    expect((await ask(share, "GET", `/sessions/${other}/events`)).status).toBe(403);
    const allowed = new Set([
      "session/read",
      "session/status",
      "session/history",
      "events/latest_cursor",
      "events/list_since",
      "events/snapshot",
      "tickets/create",
      "capabilities/get",
      "tokens/self",
    ]);
    for (const [name, { input }] of operationList) {
      const params = {
        session_id: allowed.has(name) ? other : id,
        scope: { type: "session", session_id: other },
        config: {},
        patch: {},
      };
      if (["capabilities/get", "tokens/self"].includes(name) || !input.safeParse(params).success)
        continue;
      const { body } = await rpc(share, name, params);
      expect(body.error, name).toMatchObject({ data: { code: "SCOPE_DENIED" } });
    }
    await request("DELETE", `/realms/${realm}/tokens/${share_id}`);
    expect((await ask(share, "GET", `/sessions/${id}`)).status).toBe(401);
  });

  it("opens by a link that has the token in its fragment alone, and tells what it is", async () => {
    const { realm, id, share_id, url, ...made } = await shared({ after: 3, expires_in: 60 });
    const link = new URL(url);

    expect(sharedToken(link.hash)).toBe(made.token);
    link.hash = "";
    expect(link.href).toBe("http://localhost/console/");
    expect((await ask(made.token, "GET", "/tokens/self")).body).toEqual({
      realm_id: realm,
      actor: share_id,
      reach: "realm",
      scopes: ["read"],
      watching: { session_id: id, after: 3, redact_tools: false },
      expires_at: made.expires_at,
    });
  });

  it("shows nothing from before its place", async () => {
    const whole = await shared();
    const read = await request("GET", `/realms/${whole.realm}/sessions/${whole.id}`);
    const after = Number(read.body.last_seq) - 1;
    const made = await post<Made>(`/realms/${whole.realm}/sessions/${whole.id}/share`, { after });
    const share = made.body.token;

    const reader = await EventReader.open(
      `/sessions/${whole.id}/events?after=0`,
      new Headers({ authorization: `Bearer ${share}` }),
    );
    const first = await reader.until(({ id }) => id !== undefined);
    await reader.cut();
    expect(Number(first.id)).toBeGreaterThan(after);
    const scope = { type: "session", session_id: whole.id };
    const { body } = await rpc(share, "events/list_since", { scope });
    const { events } = body.result as { events: { cursor: { sequence: number } }[] };
    expect(events.map(({ cursor }) => cursor.sequence)).toEqual([after + 1]);
    expect((await ask(share, "GET", `/sessions/${whole.id}/history`)).status).toBe(403);
    const info = await ask(share, "GET", `/sessions/${whole.id}`);
    expect(info.body).not.toHaveProperty("last_assistant_text");
  });

  it("can leave out what tools were given and answered, wherever events leave", async () => {
    const realm = newRealm();
    const args = { time_zone: "Europe/Berlin" };
    const { calls, says } = dialects.anthropic;
    const model = await vendor(
      "anthropic",
      { chunks: chunks(calls([{ id: "call-1", name: "datetime", args }], "Let me see.")) },
      { chunks: chunks(says("It is late.")) },
    );
    const begun = { prompt: "What time is it?", model: model.model, enable_builtins: true };
    const { body } = await post(`/realms/${realm}/sessions`, begun);
    const id = String(body.session_id);
    const told = async (options: Json) => {
      const made = await post<Made>(`/realms/${realm}/sessions/${id}/share`, options);
      return everythingSeenBy(made.body.token, id);
    };

    const [whole, redacted] = [await told({}), await told({ redact_tools: true })];

    for (const [surface, text] of Object.entries(whole)) {
      expect(text, surface).toContain("Europe/Berlin");
      expect(text, surface).toMatch(/"utc\\*":/);
    }
    for (const [surface, text] of Object.entries(redacted)) {
      expect(text, surface).not.toContain("Berlin");
      expect(text, surface).not.toMatch(/"utc\\*":/);
      expect(text, surface).toContain("redacted");
      expect(text, surface).toContain("It is late.");
    }
  });
});

describe("a connection", () => {
  /** Somebody with a token that ends as it is told to: by word to its realm alone, or by itself. */
  async function ending(how: "revoked" | "expired") {
    const realm = newRealm();
    const made = await token(realm);
    const grant = await tokenGrant(made.token, env, realm, null);
    const host = "https://edge.example";
    const own: Caller = { ...grant, env, realm, host, origin: null, ip: null };
    const soon = Math.floor(Date.now() / 1_000) + 20;
    const caller = how === "revoked" ? own : { ...own, actor: "jwt:ann", expiresAt: soon };
    // As another isolate would: this one is not told.
    const end = async () => {
      if (how === "revoked") await parts(realm).tokens.revoke(made.token_id);
      vi.advanceTimersByTime(30_000);
    };
    return { realm, caller, end };
  }

  // What is tested is made here, as the Worker makes it: a test's clock reaches only what is its own.
  const clock = () => vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });

  it.each(["revoked", "expired"] as const)("ends when its access is %s", async (how) => {
    const { realm, caller, end } = await ending(how);
    const id = await session(realm);
    clock();
    const stream = new EventStream(sessionAddress(id, caller), () => stillStands(caller));
    const feed = new EventReader(await stream.open(id, undefined));
    const { 0: client, 1: server } = new WebSocketPair();
    new RpcConnection(server, caller).start();
    const closed = new Promise<number>((resolve) => {
      client.addEventListener("close", ({ code }) => resolve(code));
    });
    client.accept();

    await end();

    const told = await feed.until(is("stream_end"));
    expect(told.data).toMatchObject({ outcome: "terminal_error", error: { code: "UNAUTHORIZED" } });
    expect(await closed).toBe(1008);
  });

  it.each(["revoked", "expired"] as const)(
    "of a model that waits for a turn ends when its access is %s; the turn goes on",
    async (how) => {
      const { realm, caller, end } = await ending(how);
      const { model } = await vendor("anthropic", { holdHeaders: true });
      clock();
      const told = Promise.withResolvers<Json>();
      const result = startSession(
        { prompt: "hi", model, stream: true },
        {
          caller,
          signal: new AbortController().signal,
          leavingCancels: false,
          takesTasks: false,
          callId: undefined,
          progressToken: undefined,
          wantsMessages: true,
          notify: async ({ params }) => told.resolve({ ...params }),
        },
      );
      const { data } = await told.promise;
      const { session_id: id } = data as { session_id: string };

      await end();

      await expect(result).rejects.toMatchObject({ code: "UNAUTHORIZED" });
      const path = `/realms/${realm}/sessions/${id}`;
      expect((await request("GET", path)).body).toMatchObject({ is_active: true });
      expect((await request("POST", `${path}/interrupt`)).body.interrupted).toBe(true);
    },
  );
});

/** What a share's holder gets to read of a session, by every way there is. */
async function everythingSeenBy(
  share: string,
  id: string,
): Promise<Record<string, string> & { history: string }> {
  const headers = new Headers({ authorization: `Bearer ${share}` });
  const feed = await EventReader.open(`/sessions/${id}/events?after=0`, headers);
  await feed.until(is("run_completed"));
  await feed.cut();
  const scope = { type: "session", session_id: id };
  const { ticket } = (await ask(share, "POST", "/tickets")).body;
  const socket = await RpcTestClient.connect(`/rpc?ticket=${String(ticket)}`);
  await socket.call("session/stream_open", { session_id: id, after: 0 });
  await socket.until(({ params }) => JSON.stringify(params ?? {}).includes('"run_completed"'));
  const tools = await socket.ask("tools/register", { tools: [] });
  expect(tools.error).toMatchObject({ data: { code: "SCOPE_DENIED" } });
  return {
    sse: feed.told,
    socket: JSON.stringify(socket.received),
    list: JSON.stringify((await rpc(share, "events/list_since", { scope })).body),
    history: JSON.stringify((await ask(share, "GET", `/sessions/${id}/history`)).body),
    mcp: JSON.stringify(await readLog(share, id)),
  };
}

/** The log as MCP's resource. */
async function readLog(share: string, id: string): Promise<unknown> {
  const [, realm] = /^rkat_([^.]+)/.exec(share) ?? [];
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    "mcp-protocol-version": "2025-06-18",
  };
  const params = { uri: `meerkat://${realm}/sessions/${id}/events?after=0` };
  const message = { jsonrpc: "2.0", id: 1, method: "resources/read", params };
  const init = { method: "POST", headers, body: JSON.stringify(message) };
  return (await send("/mcp", bearer(share, init))).json();
}

describe("the audit log", () => {
  it("tells who did what from where, and notices what was changed", async () => {
    const realm = newRealm();
    const made = await token(realm, { scopes: ["run", "admin"] });
    const id = await session(realm);
    const headers = { "cf-connecting-ip": "203.0.113.9" };
    await request("DELETE", `/sessions/${id}`, bearer(made.token, { headers }));
    // Nothing came of these.
    await request("DELETE", `/realms/${realm}/tokens/0000000000000000`);
    await request("DELETE", `/realms/${realm}/credentials/openai`);
    await post("/realms", { realm_id: realm });

    const { body } = await request<{ entries: Json[] }>("GET", `/realms/${realm}/audit`);
    expect(body.entries).toMatchObject([
      {
        seq: 2,
        actor: made.token_id,
        operation: "session/archive",
        target: { session_id: id },
        ip: "203.0.113.9",
      },
      { seq: 1, actor: "open", operation: "tokens/create", target: { token_id: made.token_id } },
    ]);
    expect(JSON.stringify(body)).not.toContain(made.token);
    const verify = async () => (await request("GET", `/realms/${realm}/audit/verify`)).body;
    const head = body.entries[0]?.hash;
    expect(await verify()).toEqual({ valid: true, checked: 2, first_seq: 1, last_seq: 2, head });

    const tamper = (statement: string) =>
      runInDurableObject(realmStub(realm), (_, { storage }) => {
        storage.sql.exec(statement);
      });
    await tamper("UPDATE audit SET actor = 'nobody' WHERE seq = 1");
    expect(await verify()).toMatchObject({ valid: false, broken_at: 1 });
    await tamper("UPDATE audit SET actor = 'open' WHERE seq = 1");
    expect(await verify()).toMatchObject({ valid: true });
    await tamper("DELETE FROM audit WHERE seq = 1");
    expect(await verify()).toMatchObject({ valid: false, broken_at: 1 });
  });

  it("keeps its chain when the oldest entries go", async () => {
    const realm = newRealm();
    const { audit } = parts(realm);
    await post("/realms", { realm_id: realm });
    const { body } = await request<{ entries: Json[] }>("GET", `/realms/${realm}/audit`);
    // As many as are kept, written as one statement; the chain starts anew after them.
    await runInDurableObject(realmStub(realm), (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n(seq) AS (SELECT 2 UNION ALL SELECT seq + 1 FROM n WHERE seq < 10600)
         INSERT INTO audit SELECT seq, 0, 'a', 'o', '{}', NULL, ? FROM n`,
        String(body.entries[0]?.hash),
      );
    });
    const deed = { actor: "a", operation: "o", target: {}, ip: null };
    await audit.append(deed);

    const kept = await runInDurableObject(realmStub(realm), (_, { storage }) =>
      storage.sql.exec("SELECT min(seq) AS first, max(seq) AS last FROM audit").one(),
    );
    expect(kept).toEqual({ first: 602, last: 10_601 });
    // Everything before was made up: the chain says so from its new beginning on.
    expect(await audit.verify()).toMatchObject({ valid: false, broken_at: 602 });
  });
});

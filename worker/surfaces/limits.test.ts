import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { dialects } from "../../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../../durable-objects/providers/wire/openai.ts";
import { newRealm, vendor } from "../../durable-objects/test-support.ts";
import { app } from "../app.ts";
import { get, json, post, type Refusal, request, send } from "../test-support.ts";
import { McpTestClient } from "./mcp/test-client.ts";
import { RpcTestClient } from "./rpc/test-client.ts";

const TOKEN = "a-token-of-the-operator";
const deployed = { ...env, RKAT_ADMIN_TOKEN: TOKEN };
const { says } = dialects.anthropic;

async function realmWith(limits: object): Promise<string> {
  const realm = newRealm();
  await request("PUT", `/realms/${realm}/config`, json({ config: { limits } }));
  return realm;
}

describe("a realm that limits its turns", () => {
  it("runs no more of them at once than it allows, and more once one has ended", async () => {
    const realm = await realmWith({ max_concurrent_turns: 2 });
    const held = { chunks: [{ gate: "end" }, ...chunks(says("Hi"))] };
    const model = await vendor("anthropic", held, held, held, held, held, held);
    const ask = { prompt: "Hello", model: model.model };

    const asked = Array.from({ length: 6 }, () => post<Refusal>(`/realms/${realm}/sessions`, ask));
    await model.requests(2);
    const refused = await Promise.race(asked);
    await model.open("end");
    const answers = await Promise.all(asked);
    const later = await post(`/realms/${realm}/sessions`, { prompt: "Hello", model: "demo" });

    expect(refused.headers.get("retry-after")).toBe("5");
    expect(refused.body).toMatchObject({
      code: "RATE_LIMITED",
      details: { max_concurrent_turns: 2, retry_after_secs: 5 },
    });
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
    expect(await model.requests()).toHaveLength(2);
    expect(later.status).toBe(200);
  });

  it("says on every surface that it started as many as a minute may, and when to come again", async () => {
    const realm = await realmWith({ turns_per_minute: 2 });
    const ask = { prompt: "Hello", model: "demo" };
    const made = await post<{ session_id: string }>(`/realms/${realm}/sessions`, ask);
    const { session_id } = made.body;
    const turn = { session_id, prompt: "And now?" };
    const keyed = { ...turn, idempotency_key: "once" };
    const path = `/realms/${realm}/sessions/${session_id}/messages`;
    await post(path, keyed);

    const rest = await post<Refusal>(path, turn);
    const socket = await RpcTestClient.connect(`/realms/${realm}/rpc`);
    const rpc = await socket.ask("turn/start", turn);
    const mcp = await new McpTestClient({ era: "modern", realm }).call("meerkat_resume", turn);
    const repeated = await post(path, keyed);
    const other = await post(`/realms/${newRealm()}/sessions`, ask);

    const wait = { turns_per_minute: 2, retry_after_secs: expect.any(Number) };
    expect(rest).toMatchObject({ status: 429, body: { code: "RATE_LIMITED", details: wait } });
    const secs = Number(rest.headers.get("retry-after"));
    expect(secs).toBeGreaterThan(0);
    expect(secs).toBeLessThanOrEqual(30);
    expect(rpc.error).toMatchObject({ code: -32029, data: { code: "RATE_LIMITED", ...wait } });
    expect(mcp.isError).toBe(true);
    expect(JSON.parse(mcp.content?.[0]?.text ?? "")).toMatchObject({
      code: "RATE_LIMITED",
      details: wait,
      next: expect.stringContaining("retry_after_secs"),
    });
    expect(repeated.status).toBe(200);
    expect(other.status).toBe(200);
  });
});

describe("a token that limits its turns", () => {
  /** A token of a new realm, as a header; its tickets are held to the same. */
  async function tokenWith(limits: object) {
    const realm = newRealm();
    const { body } = await post<{ token: string }>(`/realms/${realm}/tokens`, { limits });
    const authorization = `Bearer ${body.token}`;
    const begin = (model: string, headers: Record<string, string> = { authorization }) => {
      const { body: sent, ...init } = json({ prompt: "Hello", model });
      const all = { ...headers, "content-type": "application/json" };
      return request<Refusal>("POST", "/sessions", { ...init, body: sent ?? null, headers: all });
    };
    return { realm, authorization, begin };
  }

  it("runs no more of them at once than it may, beside others of the realm", async () => {
    const { realm, authorization, begin } = await tokenWith({ max_concurrent_turns: 1 });
    const held = { chunks: [{ gate: "end" }, ...chunks(says("Hi"))] };
    const { model, ...vendors } = await vendor("anthropic", held, held);
    const first = begin(model);
    await vendors.requests(1);

    const refused = await begin(model);
    const { body } = await request<{ ticket: string }>("POST", "/tickets", {
      headers: { authorization },
    });
    const byTicket = await begin(model, { "sec-websocket-protocol": `ticket.${body.ticket}` });
    const others = await post(`/realms/${realm}/sessions`, { prompt: "Hello", model: "demo" });
    await vendors.open("end");
    const ended = await first;

    expect(refused.headers.get("retry-after")).toBe("5");
    expect(refused).toMatchObject({
      status: 429,
      body: { code: "RATE_LIMITED", details: { max_concurrent_turns: 1 } },
    });
    expect([byTicket.status, others.status, ended.status]).toEqual([429, 200, 200]);
    expect((await begin("demo")).status).toBe(200);
  });

  it("is not held to what others do later in a session where it had a turn", async () => {
    const { realm, begin } = await tokenWith({ max_concurrent_turns: 1 });
    const { model, ...vendors } = await vendor("anthropic", {
      chunks: [{ gate: "end" }, ...chunks(says("Hi"))],
    });
    const own = await begin("demo");
    const { session_id } = own.body as unknown as { session_id: string };
    const turn = { prompt: "And now?", model };
    const theirs = post(`/realms/${realm}/sessions/${session_id}/messages`, turn);
    await vendors.requests(1);

    const another = await begin("demo");
    await vendors.open("end");

    expect([own.status, another.status, (await theirs).status]).toEqual([200, 200, 200]);
  });

  it("loses no place to a turn that could not begin", async () => {
    const { begin } = await tokenWith({ max_concurrent_turns: 1 });

    const refused = await begin("no-such-model");
    const { status } = await begin("demo");

    expect(refused.status).toBe(400);
    expect(status).toBe(200);
  });

  it("starts no more in a minute than it may, and takes none of its realm's with those refused", async () => {
    const { realm, begin } = await tokenWith({ turns_per_minute: 1 });
    await request("PATCH", `/realms/${realm}/config`, json({ limits: { turns_per_minute: 2 } }));

    const answers = [await begin("demo"), await begin("demo")];
    const other = await post(`/realms/${realm}/sessions`, { prompt: "Hello", model: "demo" });
    const all = await post<Refusal>(`/realms/${realm}/sessions`, { prompt: "Hi", model: "demo" });

    expect(answers.map(({ status }) => status)).toEqual([200, 429]);
    expect(answers[1]?.body.details).toMatchObject({ turns_per_minute: 1 });
    expect([other.status, all.status]).toEqual([200, 429]);
    expect(all.body.details).toMatchObject({ turns_per_minute: 2 });
  });

  it("cannot be one that makes tokens", async () => {
    const asked = { scopes: ["run", "admin"], limits: { turns_per_minute: 1 } };

    const { status, body } = await post<Refusal>(`/realms/${newRealm()}/tokens`, asked);

    expect([status, body.code]).toEqual([400, "BAD_REQUEST"]);
  });
});

describe("a turn that waits for another in a realm that limits its turns", () => {
  it("goes on waiting when the limit is reached, instead of failing", async () => {
    const realm = await realmWith({ turns_per_minute: 1 });
    const model = await vendor("anthropic", {
      chunks: [{ gate: "end" }, ...chunks(says("Hi"))],
    });
    const first = post<{ session_id: string }>(`/realms/${realm}/sessions`, {
      prompt: "Hello",
      model: model.model,
    });
    await model.requests(1);
    const listed = await get<{ sessions: { session_id: string }[] }>(`/realms/${realm}/sessions`);
    const path = `/realms/${realm}/sessions/${listed.body.sessions[0]?.session_id}`;
    const socket = await RpcTestClient.connect(`/realms/${realm}/rpc`);
    const session_id = String(listed.body.sessions[0]?.session_id);
    socket.send("turn/start", { session_id, prompt: "And now?", handling_mode: "queue" });
    await socket.call("input/list", { session_id });

    await model.open("end");
    await first;
    const waiting = await get<{ inputs: { status: string }[] }>(`${path}/inputs`);
    await request("DELETE", path);

    expect(waiting.body.inputs).toMatchObject([{ status: "queued" }]);
  });
});

describe("the edge", () => {
  const from = (address: string, headers: Record<string, string> = {}): RequestInit => ({
    headers: { ...headers, "cf-connecting-ip": address },
  });
  const bearer = { authorization: `Bearer ${TOKEN}` };
  const ask = async (path: string, init: RequestInit, bindings: Env = deployed) =>
    app.fetch(new Request(`https://edge.example${path}`, init), bindings);

  it("counts who has no token by address, and wakes no object for their tickets", async () => {
    const untouchable = new Proxy(env.REALMS, {
      get() {
        throw new Error("a realm was reached");
      },
    });
    const guess = () =>
      ask("/sessions?ticket=made-up", from("198.51.100.7"), { ...deployed, REALMS: untouchable });
    const plain = Array.from({ length: 120 }, () => ask("/sessions", from("198.51.100.7")));

    const statuses = (await Promise.all(plain)).map(({ status }) => status);
    const refused = await ask("/sessions", from("198.51.100.7"));
    const guessed = await guess();
    const neighbour = await ask("/sessions", from("198.51.100.8"));
    const known = await ask("/health", from("198.51.100.7", bearer));

    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(await refused.json()).toMatchObject({ code: "RATE_LIMITED" });
    expect(guessed.status).toBe(429);
    expect(neighbour.status).toBe(401);
    expect(known.status).toBe(200);
  });

  it("takes all addresses of one IPv6 network for one", async () => {
    const hosts = Array.from({ length: 120 }, (_, index) => `2001:db8:1:2::${index.toString(16)}`);
    await Promise.all(hosts.map((host) => ask("/sessions", from(host))));

    const same = await ask("/sessions", from("2001:db8:1:2:ffff::1"));
    const other = await ask("/sessions", from("2001:db8:1:3::1"));

    expect([same.status, other.status]).toEqual([429, 401]);
  });

  it("counts a token per realm, event streams and MCP included", async () => {
    // The smaller limit in the larger one's place: a real binding, with fewer requests to make.
    const bindings = { ...deployed, CALLER_LIMIT: env.STRANGER_LIMIT };
    const realm = newRealm();
    const call = (path: string, where = realm) =>
      ask(`/realms/${where}${path}`, from("198.51.100.9", bearer), bindings);
    await Promise.all(Array.from({ length: 120 }, () => call("/rpc")));
    const session = "019aa000-0000-7000-8000-000000000000";

    const paths = ["/sessions", `/sessions/${session}/events`, "/mcp", "/rpc"];
    const statuses = await Promise.all(paths.map(async (path) => (await call(path)).status));

    expect(statuses).toEqual([429, 429, 429, 429]);
    expect((await call("/rpc", newRealm())).status).toBe(426);
  });

  it("has no limit where the deployment has no binding", async () => {
    const { STRANGER_LIMIT: _, CALLER_LIMIT: __, ...unlimited } = deployed;
    const asked = Array.from({ length: 130 }, () =>
      ask("/sessions", from("198.51.100.10"), unlimited as Env),
    );

    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([401]));
  });
});

describe("what is too much", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const body = (text: string): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: text,
  });

  it.each([65, 100_000])(
    "nesting of %d levels is refused by name on every surface",
    async (depth) => {
      const params = `{"prompt":"Hi","model":"demo","provider_params":{"deep":${nested(depth)}}}`;
      const call = (method: string) =>
        `{"jsonrpc":"2.0","id":7,"method":"${method}","params":${params}}`;

      const rest = await request<Refusal>("POST", "/sessions", body(params));
      const posted = await request("POST", "/rpc", body(call("session/create")));
      const socket = await RpcTestClient.connect();
      socket.socket.send(call("tools/register"));
      const answer = await socket.answerTo(7);
      const tool = `{"name":"meerkat_run","arguments":${params}}`;
      const mcp = await send(
        "/mcp",
        body(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${tool}}`),
      );

      const details = { max_depth: 64 };
      expect(rest).toMatchObject({ status: 400, body: { code: "BAD_REQUEST", details } });
      expect(posted.body).toMatchObject({ id: 7, error: { code: -32602, data: { details } } });
      expect(answer).toMatchObject({ id: 7, error: { code: -32602, data: { details } } });
      expect(mcp.status).toBeLessThan(500);
      expect(await mcp.text()).toContain("max_depth");
    },
  );

  it("64 levels are not", async () => {
    const params = `{"prompt":"Hi","model":"demo","provider_params":{"deep":${nested(62)}}}`;

    expect((await request("POST", "/sessions", body(params))).status).toBe(200);
  });

  it.each<[string, string, RequestInit]>([
    ["a URL", `/sessions?x=${"x".repeat(17_000)}`, {}],
    ["one header", "/sessions", { headers: { "x-note": "x".repeat(33_000) } }],
    [
      "the number of headers",
      "/sessions",
      {
        headers: Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`x-${index}`, "1"])),
      },
    ],
  ])("%s is refused before anything reads it", async (_, path, init) => {
    expect(await request("GET", path, init)).toMatchObject({
      status: 413,
      body: { code: "PAYLOAD_TOO_LARGE", details: { limit: expect.any(Number) } },
    });
  });

  it("a session's name, a request's id and a method's name are not given back whole", async () => {
    const long = "x".repeat(1_000_000);
    const socket = await RpcTestClient.connect();
    const named = await socket.ask("session/read", { session_id: long });
    const unknown = await socket.ask(long);
    socket.socket.send(JSON.stringify({ jsonrpc: "2.0", id: long, method: "initialize" }));
    const unnamed = await socket.until(({ id }) => id === null);

    expect(named.error).toMatchObject({ code: -32602 });
    expect(unknown.error).toMatchObject({ code: -32601 });
    expect(unnamed.error).toMatchObject({ code: -32600 });
    expect(JSON.stringify(socket.received).length).toBeLessThan(4_000);
  });

  it("requests in flight on one socket", async () => {
    const model = await vendor("anthropic", {
      chunks: [{ gate: "end" }, ...chunks(says("Hi"))],
    });
    const realm = newRealm();
    const socket = await RpcTestClient.connect(`/realms/${realm}/rpc`);
    const made = socket.send("session/create", { prompt: "Hi", model: model.model });
    const started = await socket.until(({ method }) => method === "session/event");
    const session_id = String(started.params?.["session_id"]);
    const run_id = String((started.params?.["event"] as { run_id?: string } | undefined)?.run_id);
    for (let count = 0; count < 255; count += 1) socket.send("turn/result", { session_id, run_id });

    const refused = await socket.ask("session/list");
    await model.open("end");
    await socket.answerTo(made);
    socket.socket.close(1000);

    expect(refused.error).toMatchObject({ code: -32029, data: { max_in_flight: 256 } });
  });
});

describe("every reply", () => {
  it.each(["/health", "/sessions", "/nowhere", "/openapi.json", "/mcp", "/rpc"])(
    "of %s tells browsers to run, frame, guess and keep nothing",
    async (path) => {
      const { headers } = await app.fetch(new Request(`https://edge.example${path}`), deployed);

      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("cache-control")).toContain("no-store");
      expect(headers.get("strict-transport-security")).toContain("max-age=");
    },
  );

  it("over http does not pin https, which a laptop has not", async () => {
    expect((await send("/health")).headers.get("strict-transport-security")).toBeNull();
  });

  it("refuses a socket to a page of another origin, whatever token it has", async () => {
    const response = await send("/rpc", {
      headers: { upgrade: "websocket", origin: "https://evil.example" },
    });

    expect(response.status).toBe(403);
    expect(response.webSocket).toBeFalsy();
  });
});

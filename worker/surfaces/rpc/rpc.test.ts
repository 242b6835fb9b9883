import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { RpcTestClient } from "./test-client.ts";

const demo = { model: "demo" };
const types = (events: Record<string, unknown>[]) => events.map(({ type }) => type);

async function post(body: string): Promise<Record<string, unknown>> {
  const response = await exports.default.fetch(
    new Request("http://localhost/rpc", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
  );
  return response.json();
}

describe("a turn over JSON-RPC", () => {
  it("is told in order on the connection that started it, before its answer", async () => {
    const client = await RpcTestClient.connect();

    const id = client.send("session/create", { prompt: "hello", ...demo });
    const { result } = await client.answerTo(id);

    const events = client.events("session/event");
    expect(types(events).slice(0, 3)).toEqual(["run_started", "turn_started", "text_delta"]);
    expect(types(events).at(-1)).toBe("run_completed");
    expect(client.received.at(-1)?.id).toBe(id);
    const text = events.map(({ delta }) => (typeof delta === "string" ? delta : "")).join("");
    expect(result).toMatchObject({ text, turns: 1, tool_calls: 0 });
    const seqs = events.map(({ seq }) => Number(seq));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  });

  it("does not keep reads and interrupts waiting", async () => {
    const client = await RpcTestClient.connect();
    const { session_id } = await client.call("session/create", {
      initial_turn: "deferred",
      ...demo,
    });
    const turn = client.send("turn/start", { session_id, prompt: "slow please" });
    await client.until(({ params }) => (params?.event as { type?: string })?.type === "text_delta");

    expect(await client.call("session/read", { session_id })).toMatchObject({ is_active: true });
    expect(await client.call("turn/interrupt", { session_id })).toMatchObject({
      interrupted: true,
      seq: expect.any(Number),
    });
    expect(await client.answerTo(turn)).toMatchObject({
      error: { code: -32005, data: { code: "REQUEST_CANCELLED" } },
    });
  });

  it("is taken back by `cancel` with the request's id", async () => {
    const client = await RpcTestClient.connect();
    const turn = client.send("session/create", { prompt: "slow please", ...demo });
    await client.until(({ params }) => (params?.event as { type?: string })?.type === "text_delta");

    client.socket.send(
      JSON.stringify({ jsonrpc: "2.0", method: "cancel", params: { request_id: turn } }),
    );

    expect(await client.answerTo(turn)).toMatchObject({
      error: { code: -32005, data: { session_created: true } },
    });
  });

  it("carries the data of a failed first turn", async () => {
    const client = await RpcTestClient.connect();

    expect(await client.ask("session/create", { prompt: "fail", ...demo })).toMatchObject({
      error: {
        code: -32010,
        data: { code: "PROVIDER_ERROR", session_created: true, resumable: true },
      },
    });
  });

  it("runs once for one idempotency key, whoever asks again", async () => {
    const [one, other] = [await RpcTestClient.connect(), await RpcTestClient.connect()];
    const request = { prompt: "slow once", idempotency_key: crypto.randomUUID(), ...demo };

    const first = one.send("session/create", request);
    await one.until(({ params }) => (params?.event as { type?: string })?.type === "text_delta");
    const again = other.send("session/create", request);

    const [a, b] = [await one.answerTo(first), await other.answerTo(again)];
    expect(b.result).toEqual(a.result);
    expect(other.events("session/event")).toEqual(one.events("session/event"));
    expect(await other.ask("session/create", { ...request, prompt: "another" })).toMatchObject({
      error: { data: { code: "CONFLICT", reason: "idempotency_key_reused" } },
    });
  });
});

describe("a stream over JSON-RPC", () => {
  it("replays from its cursor, then tells what is new, without a gap", async () => {
    const [writer, reader] = [await RpcTestClient.connect(), await RpcTestClient.connect()];
    const { session_id } = await writer.call("session/create", { prompt: "one", ...demo });
    const told = writer.events("session/event");
    const after = Number(told[4]?.seq);

    const { stream_id } = await reader.call("session/stream_open", { session_id, after });
    await writer.call("turn/start", { session_id, prompt: "two" });
    const all = writer.events("session/event");
    await reader.until(
      ({ params }) => (params?.event as { seq?: number })?.seq === all.at(-1)?.seq,
    );

    expect(reader.events("session/stream_event")).toEqual(all.slice(5));
    const sequences = reader.received.flatMap(({ params }) => params?.sequence ?? []);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(await reader.call("session/stream_close", { stream_id })).toMatchObject({
      closed: true,
      already_closed: false,
    });
    expect(await reader.call("session/stream_close", { stream_id })).toMatchObject({
      already_closed: true,
    });
  });

  it("ends when the session is archived", async () => {
    const client = await RpcTestClient.connect();
    const { session_id } = await client.call("session/create", { prompt: "one", ...demo });
    await client.call("session/stream_open", { session_id });

    await client.call("session/archive", { session_id });

    const end = await client.until(({ method }) => method === "session/stream_end");
    expect(end.params).toMatchObject({ session_id, ended: true, outcome: "remote_end" });
  });

  it("follows 200 sessions on one socket", async () => {
    const client = await RpcTestClient.connect();
    const sessions = await Promise.all(
      Array.from({ length: 200 }, () =>
        client.call("session/create", { initial_turn: "deferred", ...demo }),
      ),
    );
    await Promise.all(sessions.map((ids) => client.call("session/stream_open", ids)));

    const last = sessions.at(-1)?.session_id;
    await client.call("turn/start", { session_id: last, prompt: "hi" });

    const streamed = client.events("session/stream_event");
    expect(types(streamed)).toContain("run_completed");
    client.socket.close(1000);
  });

  it("ends a client that does not read with its last cursor, and leaves others alone", async () => {
    const [slow, writer] = [await RpcTestClient.connect(), await RpcTestClient.connect()];
    slow.onRequest = () => undefined;
    const { session_id } = await writer.call("session/create", {
      initial_turn: "deferred",
      ...demo,
    });
    await slow.call("session/stream_open", { session_id });

    for (let turn = 0; slow.closed === undefined && turn < 40; turn += 1) {
      await writer.call("turn/start", { session_id, prompt: "x".repeat(60_000) });
    }

    expect(await slow.untilClosed()).toMatchObject({ code: 4008 });
    const end = slow.received.findLast(({ method }) => method === "session/stream_end");
    const cursor = Number(slow.events("session/stream_event").at(-1)?.seq);
    expect(end?.params).toMatchObject({
      outcome: "terminal_error",
      error: { code: "stream_queue_overflow", cursor },
    });
    expect(await writer.call("session/read", { session_id })).toMatchObject({ state: "idle" });
  });
});

describe("an answer larger than any buffer", () => {
  it("does not count as slow reading", async () => {
    const client = await RpcTestClient.connect();
    const { session_id } = await client.call("session/create", {
      prompt: "x".repeat(3 * 1024 * 1024),
      ...demo,
    });

    const history = await client.call("session/history", { session_id });

    expect(JSON.stringify(history).length).toBeGreaterThan(3 * 1024 * 1024);
    expect(await client.call("session/read", { session_id })).toMatchObject({ state: "idle" });
  });
});

describe("a client's own tool", () => {
  const tools = [{ name: "lookup", description: "d", input_schema: { type: "object" } }];
  const prompt = "please tool:lookup";

  it("is run by the client while the turn waits", async () => {
    const client = await RpcTestClient.connect();
    client.onRequest = ({ method }) => (method === "tool/execute" ? { content: "42" } : {});
    expect(await client.call("tools/register", { tools })).toEqual({ registered: 1 });

    const result = await client.call("session/create", { prompt, ...demo });

    expect(result).toMatchObject({ turns: 2, tool_calls: 1, text: expect.stringContaining("42") });
    const asked = client.received.find(({ method }) => method === "tool/execute");
    expect(asked?.params).toMatchObject({ name: "lookup", arguments: {} });
  });

  it("is offered again to a connection that comes back", async () => {
    const first = await RpcTestClient.connect();
    first.onRequest = () => undefined;
    await first.call("tools/register", { tools });
    first.send("session/create", { prompt, ...demo });
    const asked = await first.until(({ method }) => method === "tool/execute");
    const session_id = asked.params?.session_id;
    first.socket.close(1000);

    const second = await RpcTestClient.connect();
    second.onRequest = ({ method }) => (method === "tool/execute" ? { content: "43" } : {});
    await second.call("session/stream_open", { session_id, after: 0 });
    await second.call("tools/register", { tools });

    await second.until(
      ({ params }) => (params?.event as { type?: string })?.type === "run_completed",
    );
    const history = await second.call("session/history", { session_id });
    expect(JSON.stringify(history)).toContain("43");
  });

  it("ends a REST request as pending, and its result carries the turn on", async () => {
    const rest = (path: string, body: unknown) =>
      exports.default.fetch(
        new Request(`http://localhost${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      );
    const pending = await rest("/sessions", { prompt, external_tools: tools, ...demo });
    const { code, details }: { code: string; details: Record<string, unknown> } =
      await pending.json();
    expect(code).toBe("CALLBACK_PENDING");
    expect(details).toMatchObject({ status: "pending_tool_call", tool_name: "lookup" });
    const [call] = details.pending_tool_calls as { tool_use_id: string }[];

    const path = `/sessions/${String(details.session_id)}/messages`;
    expect(await (await rest(path, { prompt: "another" })).json()).toMatchObject({
      code: "SESSION_BUSY",
    });
    const wrong = [{ tool_use_id: "nope", content: "x" }];
    expect(await (await rest(path, { tool_results: wrong })).json()).toMatchObject({
      code: "BAD_REQUEST",
      details: { pending: [call?.tool_use_id] },
    });
    const done = await rest(path, {
      tool_results: [{ tool_use_id: call?.tool_use_id, content: "44" }],
    });
    expect(await done.json()).toMatchObject({ text: expect.stringContaining("44") });
  });

  it.each(["messages", "answers"])(
    "takes results under a key once, by POST …/%s",
    async (route) => {
      const post = async (path: string, body: unknown, key?: string) => {
        const headers = {
          "content-type": "application/json",
          ...(key && { "idempotency-key": key }),
        };
        const init = { method: "POST", headers, body: JSON.stringify(body) };
        const response = await exports.default.fetch(new Request(`http://localhost${path}`, init));
        return { status: response.status, body: await response.json() };
      };
      const pending = await post("/sessions", { prompt, external_tools: tools, ...demo });
      const { details } = pending.body as { details: Record<string, unknown> };
      const [call] = details.pending_tool_calls as { tool_use_id: string }[];
      const path = `/sessions/${String(details.session_id)}/${route}`;
      const results = (content: string) => ({
        tool_results: [{ tool_use_id: call?.tool_use_id, content }],
      });

      const first = await post(path, results("44"), "answer-1");
      const again = await post(path, results("44"), "answer-1");
      const other = await post(path, results("45"), "answer-1");
      const late = await post(path, results("44"), "answer-2");

      expect(first).toMatchObject({ status: 200, body: { run_id: details.run_id } });
      expect(again).toEqual(first);
      expect(other).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
      expect(late).toMatchObject({ status: 409, body: { code: "SESSION_NOT_RUNNING" } });
    },
  );

  it("takes only the first of two answers, and none for a malformed one but an error", async () => {
    const client = await RpcTestClient.connect();
    client.onRequest = ({ method, id }) => {
      if (method !== "tool/execute") return {};
      const twice = JSON.stringify({ jsonrpc: "2.0", id, result: { wrong: true } });
      client.socket.send(twice);
      return { content: "late" };
    };
    await client.call("tools/register", { tools });

    const result = await client.call("session/create", { prompt, ...demo });

    expect(result.text).toContain("malformed");
    expect(result.text).not.toContain("late");
  });
});

describe("bad input to JSON-RPC", () => {
  it.each([
    ["not JSON", "{", -32700, null],
    ["a batch", "[]", -32700, null],
    ["a wrong version", '{"jsonrpc":"1.0","id":101,"method":"config/get"}', -32600, 101],
    ["a method that is no string", '{"jsonrpc":"2.0","id":101,"method":7}', -32600, 101],
    ["an id of a wrong type", '{"jsonrpc":"2.0","id":{},"method":"config/get"}', -32600, null],
    ["an unknown method", '{"jsonrpc":"2.0","id":101,"method":"nope"}', -32601, 101],
    ["missing params", '{"jsonrpc":"2.0","id":101,"method":"session/read"}', -32602, 101],
    [
      "params that are a list",
      '{"jsonrpc":"2.0","id":101,"method":"config/get","params":[]}',
      -32602,
      101,
    ],
  ])("answers %s with a typed error, over both transports", async (_what, text, code, id) => {
    const client = await RpcTestClient.connect();
    client.socket.send(text);
    const reply = await client.until(({ error }) => error !== undefined);

    expect(reply).toMatchObject({ id, error: { code, data: { code: expect.any(String) } } });
    expect(await post(text)).toEqual(reply);
    expect(await client.call("config/get")).toMatchObject({ generation: expect.any(Number) });
  });

  it("refuses a binary frame and stays usable", async () => {
    const client = await RpcTestClient.connect();
    client.socket.send(new Uint8Array([1, 2, 3]));

    const reply = await client.until(({ error }) => error !== undefined);

    expect(reply).toMatchObject({
      id: null,
      error: { message: expect.stringContaining("binary") },
    });
    expect(await client.call("config/get")).toBeDefined();
  });

  it.each([
    ["an unknown session", { session_id: crypto.randomUUID() }, "SESSION_NOT_FOUND"],
    ["a malformed id", { session_id: "nope" }, "INVALID_PARAMS"],
    ["a cursor of a wrong type", { session_id: crypto.randomUUID(), after: "1" }, "INVALID_PARAMS"],
  ])("refuses a stream of %s", async (_what, params, code) => {
    const client = await RpcTestClient.connect();

    expect(await client.ask("session/stream_open", params)).toMatchObject({
      error: { data: { code } },
    });
  });

  it("refuses a cursor above the newest event, and one of another session", async () => {
    const client = await RpcTestClient.connect();
    const { session_id } = await client.call("session/create", { prompt: "hi", ...demo });
    const { session_id: other } = await client.call("session/create", { prompt: "hi", ...demo });
    const scope = { type: "session", session_id };

    expect(await client.ask("session/stream_open", { session_id, after: 1_000_000 })).toMatchObject(
      { error: { data: { reason: "ahead_of_latest" } } },
    );
    const foreign = { scope: { type: "session", session_id: other }, sequence: 1 };
    expect(await client.ask("events/list_since", { scope, cursor: foreign })).toMatchObject({
      error: { data: { reason: "scope_mismatch" } },
    });
  });
});

describe("reading the log without a stream", () => {
  it("pages through all events by cursor", async () => {
    const client = await RpcTestClient.connect();
    const { session_id } = await client.call("session/create", { prompt: "hi", ...demo });
    const scope = { type: "session", session_id };
    const told = client.events("session/event");

    const seqs: unknown[] = [];
    let cursor: unknown;
    for (let more = true; more;) {
      const page = await client.call("events/list_since", { scope, cursor, limit: 3 });
      const events = page.events as { cursor: { sequence: number } }[];
      seqs.push(...events.map((event) => event.cursor.sequence));
      cursor = events.at(-1)?.cursor;
      more = page.has_more === true;
    }

    expect(seqs).toEqual(told.map(({ seq }) => seq));
    expect(await client.call("events/latest_cursor", { scope })).toMatchObject({
      cursor: { sequence: told.at(-1)?.seq },
    });
    expect(await client.call("events/snapshot", { scope })).toMatchObject({
      session: { session_id, state: "idle" },
    });
  });
});

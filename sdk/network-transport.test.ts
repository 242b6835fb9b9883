import { afterEach, describe, expect, it, vi } from "vitest";
import { type Fetch, type NetworkOptions, NetworkTransport } from "./network-transport.ts";
import { runtime, type WebSocketClass, type WebSocketEvent } from "./web-socket.ts";

const request = { jsonrpc: "2.0", id: 1, method: "session/list", params: {} } as const;
const silent = { message: () => undefined, closed: () => undefined };

/** A fetch that answers with this, and remembers what it was asked. */
function answering(status: number, body: unknown) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const fetch: Fetch = async (url, init) => {
    asked.push({ url, init });
    return new Response(text, { status });
  };
  return { asked, fetch };
}

/** A WebSocket class that opens, or fails, by itself. */
function socketClass(fate: "open" | "close") {
  const made: unknown[][] = [];
  class FakeWebSocket {
    closed = false;
    constructor(...args: unknown[]) {
      made.push(args);
    }
    addEventListener(type: string, listener: (event: WebSocketEvent) => void): void {
      if (type === fate) queueMicrotask(() => listener({ type, code: 1006 }));
    }
    send(): void {}
    close(): void {}
  }
  return { made, FakeWebSocket: FakeWebSocket as WebSocketClass };
}

const post = (fetch: Fetch, options: NetworkOptions = {}) =>
  new NetworkTransport({ ...options, fetch }).post(request);

afterEach(() => void vi.unstubAllGlobals());

describe("a request", () => {
  it("goes to the realm's address with the token", async () => {
    const { asked, fetch } = answering(200, { jsonrpc: "2.0", id: 1, result: {} });
    const options = {
      url: "https://edge.test/base/",
      realmId: "team-alpha",
      instanceId: "worker-1",
      token: "secret",
    };

    await post(fetch, options);

    expect(asked[0]?.url).toBe("https://edge.test/base/realms/team-alpha/rpc?instance_id=worker-1");
    expect(asked[0]?.init?.headers).toMatchObject({ authorization: "Bearer secret" });
  });

  it("goes to the default deployment and realm when nothing is said", async () => {
    const { asked, fetch } = answering(200, { jsonrpc: "2.0", id: 1, result: {} });

    await post(fetch);

    expect(asked[0]?.url).toBe("http://127.0.0.1:8080/rpc");
  });

  it("passes on JSON-RPC errors, whatever the status", async () => {
    const error = { code: -32001, message: "Session not found" };

    expect(await post(answering(404, { error }).fetch)).toEqual({ error });
  });

  it.each([
    [401, { error: "Token expired", code: "UNAUTHORIZED" }, "UNAUTHORIZED"],
    [401, "nope", "UNAUTHORIZED"],
    [503, { error: "Later", code: "SERVICE_UNAVAILABLE" }, "SERVICE_UNAVAILABLE"],
    [524, "<html>timeout</html>", "CONNECTION_CLOSED"],
    [429, "slow down", "CONNECTION_CLOSED"],
    [200, "<html>a captive portal</html>", "INVALID_RESPONSE"],
    [404, "not here", "INVALID_RESPONSE"],
  ])("makes status %i with %j %3$s", async (status, body, code) => {
    await expect(post(answering(status, body).fetch)).rejects.toMatchObject({ code });
  });

  it("tells that the deployment was not reached, and aborts as asked", async () => {
    const broken: Fetch = async () => {
      throw new TypeError("fetch failed");
    };
    const transport = new NetworkTransport({ fetch: broken });

    await expect(transport.post(request)).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    await expect(transport.post(request, AbortSignal.abort())).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  it.each(["", "edge.test", "ftp://edge.test", "http://"])("is refused for the URL %j", (url) => {
    expect(() => new NetworkTransport({ url })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGS" }),
    );
  });
});

describe("a socket", () => {
  it("is opened with a ticket where headers cannot be set", async () => {
    const { asked, fetch } = answering(201, { ticket: "t-1", expires_at: "soon" });
    const { made, FakeWebSocket } = socketClass("open");
    const options = { url: "https://edge.test", realmId: "r", token: "secret", fetch };

    await new NetworkTransport({ ...options, webSocket: FakeWebSocket }).open(silent);

    expect(asked[0]?.url).toBe("https://edge.test/realms/r/tickets");
    expect(asked[0]?.init).toMatchObject({
      method: "POST",
      body: '{"scope":"rpc"}',
      headers: { authorization: "Bearer secret" },
    });
    expect(made).toEqual([["wss://edge.test/realms/r/rpc", ["meerkat.v1", "ticket.t-1"]]]);
  });

  it("is opened without a ticket when there is no token", async () => {
    const { made, FakeWebSocket } = socketClass("open");

    await new NetworkTransport({ webSocket: FakeWebSocket }).open(silent);

    expect(made).toEqual([["ws://127.0.0.1:8080/rpc"]]);
  });

  it("is refused with the deployment's reason when there is no ticket", async () => {
    const { fetch } = answering(403, { error: "Not allowed", code: "SCOPE_DENIED" });
    const { FakeWebSocket } = socketClass("open");
    const transport = new NetworkTransport({ token: "x", fetch, webSocket: FakeWebSocket });

    await expect(transport.open(silent)).rejects.toMatchObject({ code: "SCOPE_DENIED" });
  });

  it("tells when it cannot be opened", async () => {
    const { FakeWebSocket } = socketClass("close");
    const transport = new NetworkTransport({ webSocket: FakeWebSocket });

    await expect(transport.open(silent)).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it.runIf(runtime.isNode)("is opened with the token as a header in Node", async () => {
    const { made, FakeWebSocket } = socketClass("open");
    vi.stubGlobal("WebSocket", FakeWebSocket);

    await new NetworkTransport({ token: "secret" }).open(silent);

    expect(made).toEqual([
      ["ws://127.0.0.1:8080/rpc", { headers: { authorization: "Bearer secret" } }],
    ]);
  });

  it.runIf(runtime.isWorker)("is opened by an upgrade through a service binding", async () => {
    const headers: (string | null)[] = [];
    const received: unknown[] = [];
    const fetch: Fetch = async (url, init) => {
      const asked = new Request(url, init);
      headers.push(asked.headers.get("upgrade"), asked.headers.get("authorization"));
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      server.addEventListener("message", ({ data }) => server.send(`echo ${String(data)}`));
      server.send("at once");
      return new Response(null, { status: 101, webSocket: client });
    };
    const closed = Promise.withResolvers<number>();
    const twice = Promise.withResolvers<void>();
    const listener = {
      message: (data: unknown) => {
        if (received.push(data) === 2) twice.resolve();
      },
      closed: (code: number) => closed.resolve(code),
    };

    const socket = await new NetworkTransport({ token: "secret", fetch }).open(listener);
    socket.send("hello");
    await twice.promise;
    socket.close(1000);
    socket.close(1000);

    expect(headers).toEqual(["websocket", "Bearer secret"]);
    expect(received).toEqual(["at once", "echo hello"]);
  });

  it.runIf(runtime.isWorker)("is refused with the status of the upgrade", async () => {
    const { fetch } = answering(401, "no");

    await expect(new NetworkTransport({ fetch }).open(silent)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
    });
  });
});

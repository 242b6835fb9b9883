import { describe, expect, inject, it } from "vitest";
import { ProviderError } from "./provider.ts";
import { classify, linked, statusError, upstreamFetch, watched } from "./upstream.ts";
import { type Reply, wire } from "./wire/script.ts";

const server = wire(inject("wireUrl"));
const patient = { headersMs: 10_000, idleMs: 10_000 };

async function scripted(reply: Reply): Promise<string> {
  const key = crypto.randomUUID();
  await server.script(key, [reply]);
  return key;
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe("upstreamFetch", () => {
  it("passes an event stream", async () => {
    const key = await scripted({ chunks: [{ data: "data: 1\n\n" }] });
    const response = await upstreamFetch(patient)(server.base(key));

    expect(await response.text()).toBe("data: 1\n\n");
  });

  it("passes an error with its headers and body", async () => {
    const key = await scripted({
      status: 429,
      headers: { "retry-after": "3" },
      chunks: [{ data: '{"error":1}' }],
    });
    const response = await upstreamFetch(patient)(server.base(key));

    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("3");
    expect(await response.json()).toEqual({ error: 1 });
  });

  it("does not wait for ever for the body of an error", async () => {
    const key = await scripted({ status: 500, chunks: [{ data: "{" }], end: "hang" });
    const response = await upstreamFetch({ headersMs: 50, idleMs: 10_000 })(server.base(key));

    expect(response.status).toBe(500);
    expect(await response.text()).toBe("");
    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("does not follow a redirect, which may lead anywhere with the key", async () => {
    const target = await scripted({ chunks: [{ data: "data: 1\n\n" }] });
    const key = await scripted({ status: 307, headers: { location: server.base(target) } });
    const answer = upstreamFetch(patient)(server.base(key), { method: "POST", body: "{}" });

    await expect(answer).rejects.toMatchObject({ kind: "bad_response", retryable: false });
    expect(await server.requests(target)).toEqual([]);
  });

  it("refuses a success of another type and hangs up", async () => {
    const key = await scripted({
      headers: { "content-type": "text/html" },
      chunks: [{ data: "<html>" }],
      end: "hang",
    });
    const answer = upstreamFetch(patient)(server.base(key));

    await expect(answer).rejects.toMatchObject({ kind: "bad_response", retryable: false });
    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("gives up on silence", async () => {
    const key = await scripted({ holdHeaders: true });
    const answer = upstreamFetch({ headersMs: 50, idleMs: 10_000 })(server.base(key));

    await expect(answer).rejects.toMatchObject({ kind: "header_timeout", retryable: true });
  });

  it("follows the caller's signal, before and after the headers", async () => {
    const silent = await scripted({ holdHeaders: true });
    const endless = await scripted({ chunks: [{ data: "data: 1\n\n" }], end: "hang" });
    const caller = new AbortController();
    const unanswered = upstreamFetch(patient)(server.base(silent), { signal: caller.signal });
    const answered = await upstreamFetch(patient)(server.base(endless), { signal: caller.signal });
    await server.requests(silent, 1);
    caller.abort();

    await expect(unanswered).rejects.toMatchObject({ name: "AbortError" });
    await expect(answered.text()).rejects.toMatchObject({ name: "AbortError" });
    for (const key of [silent, endless]) {
      expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
    }
  });

  it("calls everything else a failure of the network", async () => {
    await expect(upstreamFetch(patient)("http://127.0.0.1:1")).rejects.toMatchObject({
      kind: "network",
      retryable: true,
    });
  });
});

describe("watched", () => {
  async function* numbers(closed: () => void): AsyncGenerator<number> {
    try {
      yield 1;
      yield 2;
    } finally {
      closed();
    }
  }

  /** Says one thing and then nothing, deaf to every signal. */
  const deaf: AsyncIterable<number> = {
    [Symbol.asyncIterator]() {
      let first = true;
      return {
        next() {
          if (!first) return new Promise(() => {});
          first = false;
          return Promise.resolve({ done: false, value: 1 });
        },
      };
    },
  };

  it("yields what the source yields", async () => {
    const controller = new AbortController();

    expect(
      await collect(
        watched(
          numbers(() => {}),
          1000,
          controller,
        ),
      ),
    ).toEqual([1, 2]);
    expect(controller.signal.aborted).toBe(false);
  });

  it("passes the source's own failure on", async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error("broken");
    }

    await expect(collect(watched(broken(), 1000, new AbortController()))).rejects.toThrow("broken");
  });

  it("closes the source when nobody listens any more", async () => {
    let closed = false;
    const source = numbers(() => {
      closed = true;
    });
    for await (const item of watched(source, 1000, new AbortController())) if (item === 1) break;

    expect(closed).toBe(true);
  });

  it("aborts and throws after too much silence, even if the source is deaf", async () => {
    const controller = new AbortController();
    const items: number[] = [];
    const listening = (async () => {
      for await (const item of watched(deaf, 50, controller)) items.push(item);
    })();

    await expect(listening).rejects.toMatchObject({ kind: "idle_timeout", retryable: true });
    expect(items).toEqual([1]);
    expect(controller.signal.aborted).toBe(true);
  });

  it("just ends when it is aborted from outside, even if the source is deaf", async () => {
    const controller = new AbortController();
    const items: number[] = [];
    for await (const item of watched(deaf, 10_000, controller)) {
      items.push(item);
      controller.abort();
    }

    expect(items).toEqual([1]);
  });

  it("ends while it waits, too", async () => {
    const controller = new AbortController();
    const stream = watched(deaf, 10_000, controller);
    await stream.next();
    const waiting = stream.next();
    controller.abort();

    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe("statusError", () => {
  it.each([
    [400, "invalid_request", false],
    [401, "auth", false],
    [402, "invalid_request", false],
    [403, "auth", false],
    [404, "not_found", false],
    [408, "server_error", true],
    [409, "server_error", true],
    [422, "invalid_request", false],
    [429, "rate_limited", true],
    [500, "server_error", true],
    [502, "server_error", true],
    [503, "overloaded", true],
    [504, "server_error", true],
    [529, "overloaded", true],
  ])("takes %i for %s", (status, kind, retryable) => {
    expect(statusError("acme", status, "")).toMatchObject({ kind, retryable, status });
  });

  it.each([
    [400, "prompt is too long: 215000 tokens > 200000 maximum"],
    [400, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"],
    [400, "context_length_exceeded: Please reduce the length of the messages"],
    [400, "This model's maximum context length is 8192 tokens"],
    [400, "the request exceeds the available context size"],
    [
      400,
      "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ],
    [413, "Request exceeds the maximum allowed number of bytes"],
  ])("knows %i with '%s' for a prompt that is too long", (status, message) => {
    const error = statusError("acme", status, message);

    expect(error).toMatchObject({ kind: "context_too_long", retryable: false });
  });

  it("does not wait for money", () => {
    expect(statusError("acme", 429, "insufficient_quota: pay first")).toMatchObject({
      kind: "rate_limited",
      retryable: false,
    });
  });

  it("puts it in words", () => {
    expect(statusError("acme", 529, "Overloaded").message).toBe("acme answered 529: Overloaded");
    expect(statusError("acme", 502, "").message).toBe("acme answered 502");
  });

  it.each([
    "Incorrect API key provided: sk-proj-abc123secret. Find yours at https://x",
    "header Authorization: Bearer secret-token was refused",
    'bad {"x-api-key": "secret"} given',
    "API key AIzaSyA-secret-0123456789 not valid",
    "token 0123456789abcdefsecret0123456789abcdef expired",
  ])("hides the key in %j", (message) => {
    expect(statusError("acme", 401, message).message).toContain("[hidden]");
    expect(statusError("acme", 401, message).message).not.toContain("secret");
  });

  it("keeps it short", () => {
    expect(statusError("acme", 400, "very ".repeat(1000)).message.length).toBeLessThan(550);
  });
});

describe("classify", () => {
  const known = new ProviderError("idle_timeout", "silent");

  it.each([
    ["a failure of our own", known],
    ["an SDK's wrapping of it", new Error("Connection error.", { cause: known })],
  ])("returns %s", (_, cause) => {
    expect(classify("acme", cause)).toBe(known);
  });

  it.each<[string, unknown, object]>([
    ["a lost connection", new Error("Network connection lost."), { kind: "network" }],
    ["a broken event", new SyntaxError("Unexpected end"), { kind: "stream_truncated" }],
    ["an abort", new DOMException("aborted", "AbortError"), { kind: "network" }],
    ["anything thrown", "oops", { kind: "network" }],
    ["a shape we cannot read", new TypeError("x of undefined"), { kind: "bad_response" }],
    ["an SDK's status", sdkError({ status: 404 }), { kind: "not_found", status: 404 }],
    ["a name without a status", sdkError({ type: "overloaded_error" }), { kind: "overloaded" }],
    ["a code without a status", sdkError({ code: "server_error" }), { kind: "server_error" }],
    ["a status for a code", sdkError({ code: 503 }), { kind: "overloaded", status: 503 }],
    [
      "a spent budget",
      sdkError({ status: 429, code: "insufficient_quota" }),
      { kind: "rate_limited", retryable: false },
    ],
    [
      "a wish to wait, in milliseconds",
      sdkError({
        status: 429,
        headers: new Headers({ "retry-after-ms": "250", "retry-after": "9" }),
      }),
      { retryAfterMs: 250 },
    ],
    [
      "a wish to wait until a time gone by",
      sdkError({
        status: 429,
        headers: new Headers({ "retry-after": "Thu, 01 Jan 2026 00:00:00 GMT" }),
      }),
      { retryAfterMs: 0 },
    ],
  ])("knows %s", (_, cause, expected) => {
    expect(classify("acme", cause)).toMatchObject(expected);
  });

  it("says nothing of what it does not know", () => {
    expect(classify("acme", new Error("connect 10.0.0.1:443 with sk-secret")).message).toBe(
      "the connection to acme was lost",
    );
  });

  function sdkError(fields: object): Error {
    return Object.assign(new Error("Too bad"), fields);
  }
});

describe("linked", () => {
  it("follows the caller", () => {
    const caller = new AbortController();
    using controller = linked(caller.signal);
    expect(controller.signal.aborted).toBe(false);
    caller.abort();

    expect(controller.signal.aborted).toBe(true);
    expect(linked(caller.signal).signal.aborted).toBe(true);
  });

  it("is aborted, and lets the caller be, when its scope ends", () => {
    const caller = new AbortController();
    const controller = linked(caller.signal);
    controller[Symbol.dispose]();

    expect(controller.signal.aborted).toBe(true);
    expect(caller.signal.aborted).toBe(false);
  });
});

describe("a refusal that quotes the key it was sent", () => {
  it.each([
    { authorization: "Bearer correct horse battery" },
    { "x-api-key": "correct horse battery" },
    { "x-goog-api-key": "correct horse battery" },
  ])("is read without it, whatever the key looks like: %j", async (headers) => {
    const body = '{"error":{"message":"Wrong key: correct horse battery"}}';
    const send = upstreamFetch(
      { headersMs: 1_000, idleMs: 1_000 },
      async () => new Response(body, { status: 401 }),
    );

    const response = await send("https://models.example", { headers });

    expect(response.status).toBe(401);
    expect(await response.text()).toBe('{"error":{"message":"Wrong key: [hidden]"}}');
  });
});

import { describe, expect, inject, it } from "vitest";
import { createOpenAiChat } from "./openai-chat.ts";
import { createOpenAiResponses } from "./openai-responses.ts";
import type { ModelEvent } from "./provider.ts";
import type { Heard } from "./wire/call.ts";
import { hear, modelRequest } from "./wire/call.ts";
import {
  chatDone,
  chatText,
  chunks,
  messageItem,
  responsesStream,
  splinters,
} from "./wire/openai.ts";
import type { Reply } from "./wire/script.ts";
import { wire } from "./wire/script.ts";

const vendor = wire(inject("wireUrl"));
const TEXT = "Grüße, 世界 — it costs 5 € 👋";
const short = { headersMs: 60, idleMs: 60 };
const never = new AbortController().signal;

const protocols = [
  {
    protocol: "Responses",
    create: (key: string) =>
      createOpenAiResponses({ apiKey: "sk-secret-1234567890", baseUrl: `${vendor.base(key)}/v1` }),
    frames: responsesStream([messageItem(TEXT)]),
  },
  {
    protocol: "Chat",
    create: (key: string) =>
      createOpenAiChat({ apiKey: "sk-secret-1234567890", baseUrl: `${vendor.base(key)}/v1` }),
    frames: chatText(TEXT),
  },
];

describe.each(protocols)("OpenAI's $protocol stream", ({ create, frames }) => {
  async function run(reply: Reply, about: Parameters<typeof modelRequest>[0] = {}): Promise<Heard> {
    const key = crypto.randomUUID();
    await vendor.script(key, [reply]);
    const heard = await hear(create(key).stream(modelRequest(about), never));
    expect(await vendor.requests(key)).toHaveLength(1);
    return heard;
  }

  /** Resets the connection only once the reader has seen such an event: a reset may overtake data. */
  async function resetAfter(type: ModelEvent["type"], sent: readonly string[]): Promise<Heard> {
    const key = crypto.randomUUID();
    await vendor.script(key, [{ chunks: [...chunks(sent), { gate: "reset" }], end: "reset" }]);
    return hear(create(key).stream(modelRequest(), never), async (event) => {
      if (event.type === type) await vendor.open(key, "reset");
    });
  }

  it("becomes text deltas and one end, last", async () => {
    const { text, end, events, error } = await run({ chunks: chunks(frames) });

    expect(error).toBeUndefined();
    expect(text).toBe(TEXT);
    expect(events.at(-1)).toBe(end);
    expect(events.filter(({ type }) => type === "end")).toHaveLength(1);
    expect(end).toMatchObject({
      stop: "end_turn",
      blocks: [{ block_type: "text", data: { text: TEXT } }],
    });
  });

  it.each([1, 7, 4096])("survives being cut every %i bytes", async (size) => {
    const { text, end } = await run({ chunks: splinters(frames, size) });

    expect(text).toBe(TEXT);
    expect(end?.stop).toBe("end_turn");
  });

  it("may use CRLF, comments and blank lines", async () => {
    const noisy = [": hello\r\n\r\n", ...frames.flatMap((frame) => [frame, ": ping\n\n", "\n"])];
    const wired = noisy.map((frame) => frame.replaceAll("\n", "\r\n"));

    const { text, end } = await run({ chunks: splinters(wired, 11) });

    expect(text).toBe(TEXT);
    expect(end?.stop).toBe("end_turn");
  });

  it("must not end before its terminal marker", async () => {
    const { text, end, error } = await run({ chunks: chunks(frames.slice(0, 6)) });

    expect(text).not.toBe("");
    expect(TEXT.startsWith(text)).toBe(true);
    expect(end).toBeUndefined();
    expect(error).toMatchObject({ kind: "stream_truncated", retryable: true });
  });

  it("may not be cut inside an event", async () => {
    const { error } = await run({ chunks: [{ data: frames.join("").slice(0, 500) }] });

    expect(error).toMatchObject({ kind: "stream_truncated", retryable: true });
  });

  it("may not be reset in the middle", async () => {
    const { text, error } = await resetAfter("text", frames.slice(0, 6));

    expect(text).not.toBe("");
    expect(error).toMatchObject({ kind: "network", retryable: true });
  });

  it("may not be empty", async () => {
    const { error, events } = await run({ chunks: [] });

    expect(events).toEqual([]);
    expect(error).toMatchObject({ kind: "stream_truncated" });
  });

  it.each([
    ["text/html", "<html><body>Login</body></html>"],
    ["application/json", '{"id":"x","object":"response","choices":[],"output":[]}'],
  ])("may not be %s", async (type, data) => {
    const { error } = await run({ headers: { "content-type": type }, chunks: [{ data }] });

    expect(error).toMatchObject({ kind: "bad_response", status: 200 });
  });

  it("may not hold broken JSON", async () => {
    const { error } = await run({ chunks: [{ data: 'data: {"type": oops\n\n' }] });

    expect(error).toMatchObject({ kind: "stream_truncated" });
  });

  it("ends well when the server never closes it", async () => {
    const { text, end, error } = await run({ chunks: chunks(frames), end: "hang" });

    expect(error).toBeUndefined();
    expect(text).toBe(TEXT);
    expect(end?.stop).toBe("end_turn");
  });

  it("ends well when the connection breaks after its terminal marker", async () => {
    const { text, end, error } = await resetAfter("usage", frames);

    expect(error).toBeUndefined();
    expect(text).toBe(TEXT);
    expect(end?.stop).toBe("end_turn");
  });

  it.each([
    [400, "invalid_request", false],
    [401, "auth", false],
    [404, "not_found", false],
    [429, "rate_limited", true],
    [500, "server_error", true],
    [503, "overloaded", true],
  ])("is refused with %i as %s", async (status, kind, retryable) => {
    const body = { error: { message: "No, sk-secret-1234567890", type: "some_error", code: null } };

    const { error } = await run({ status, chunks: [{ data: JSON.stringify(body) }] });

    expect(error).toMatchObject({ kind, status, retryable });
    expect(error?.message).toContain("No");
    expect(error?.message).not.toContain("sk-secret");
  });

  it("passes on when the vendor wants to be asked again", async () => {
    const headers = { "retry-after": "7", "content-type": "application/json" };

    const { error } = await run({ status: 429, headers, chunks: [{ data: "{}" }] });

    expect(error).toMatchObject({ kind: "rate_limited", retryAfterMs: 7000 });
  });

  it("is not waited for without an end before its headers", async () => {
    const { error } = await run({ holdHeaders: true }, { timeouts: short });

    expect(error).toMatchObject({ kind: "header_timeout", retryable: true });
  });

  it("is not waited for without an end when it stalls, and its socket is closed", async () => {
    const key = crypto.randomUUID();
    await vendor.script(key, [{ chunks: chunks(frames.slice(0, 5)), end: "hang" }]);

    const { error } = await hear(create(key).stream(modelRequest({ timeouts: short }), never));

    expect(error).toMatchObject({ kind: "idle_timeout", retryable: true });
    expect(await vendor.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("ends quietly and closes its socket when the caller aborts", async () => {
    const key = crypto.randomUUID();
    const controller = new AbortController();
    await vendor.script(key, [{ chunks: chunks(frames.slice(0, 5)), end: "hang" }]);

    const stream = create(key).stream(modelRequest(), controller.signal);
    const { events, end, error } = await hear(stream, () => controller.abort());

    expect(events).toHaveLength(1);
    expect(end).toBeUndefined();
    expect(error).toBeUndefined();
    expect(await vendor.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("ends quietly when the caller aborts before the headers", async () => {
    const key = crypto.randomUUID();
    const controller = new AbortController();
    await vendor.script(key, [{ holdHeaders: true }]);

    const heard = hear(create(key).stream(modelRequest(), controller.signal));
    await vendor.requests(key, 1);
    controller.abort();

    expect(await heard).toMatchObject({ events: [], end: undefined, error: undefined });
    expect(await vendor.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("closes its socket when the reader walks away", async () => {
    const key = crypto.randomUUID();
    await vendor.script(key, [{ chunks: chunks(frames.slice(0, 5)), end: "hang" }]);

    for await (const event of create(key).stream(modelRequest(), never)) {
      if (event.type === "text") break;
    }

    expect(await vendor.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("asks nobody when the caller has aborted already", async () => {
    const key = crypto.randomUUID();
    await vendor.script(key, [{ chunks: chunks(frames) }]);

    const heard = await hear(create(key).stream(modelRequest(), AbortSignal.abort()));

    expect(heard).toMatchObject({ events: [], error: undefined });
    expect(await vendor.requests(key)).toEqual([]);
  });

  it("waits a little for the server to close it, so that the connection can be used again", async () => {
    const key = crypto.randomUUID();
    const unclosed = chunks(frames.filter((text) => text !== chatDone));
    await vendor.script(key, [{ chunks: [...unclosed, { delayMs: 20 }] }]);

    await hear(create(key).stream(modelRequest(), never));

    expect(await vendor.requests(key, "aborted")).toMatchObject([{ aborted: false }]);
  });
});

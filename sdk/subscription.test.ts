import { describe, expect, it } from "vitest";
import type { EventSubscription } from "./subscription.ts";
import type { ScriptedDeployment } from "./scripted-deployment.ts";
import { scripted, until } from "./test-support.ts";

/** A deployment with one session whose log has `count` deltas, and a subscription from `after` on. */
async function subscribed(count: number, after?: number, isEager = true) {
  const { client, deployment } = await scripted();
  deployment.isEager = isEager;
  deployment.script = [];
  const { id } = await client.createSession("?");
  const session = deployment.session();
  session.log.length = 0;
  for (let n = 0; n < count; n += 1) session.emit({ type: "text_delta", delta: `${n}` });
  const subscription = await client.subscribeSessionEvents(id, { after });
  return { client, deployment, session, subscription };
}

async function take(subscription: EventSubscription, count: number): Promise<number[]> {
  const seqs: number[] = [];
  const events = subscription[Symbol.asyncIterator]();
  while (seqs.length < count) {
    const { value } = await events.next();
    if (!value) break;
    seqs.push(value.seq);
  }
  return seqs;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

function endStream(deployment: ScriptedDeployment, id: string, end: object): void {
  const [session_id] = deployment.sessions.keys();
  const params = { stream_id: id, session_id, ended: true, ...end };
  deployment.socket.deliver({ method: "session/stream_end", params });
}

describe("a subscription", () => {
  it("tells the log from a cursor as envelopes", async () => {
    const { subscription, session } = await subscribed(3, 1);

    const events = subscription[Symbol.asyncIterator]();

    expect(subscription.cursor).toBe(1);
    expect((await events.next()).value).toEqual({
      eventId: "event-2",
      sourceId: `session:${session.id}`,
      source: { type: "session", sessionId: session.id },
      seq: 2,
      timestampMs: 1_002,
      payload: { type: "text_delta", delta: "1" },
    });
    expect(subscription.cursor).toBe(2);
  });

  it("begins at the newest event when no cursor is given", async () => {
    const { subscription, session } = await subscribed(3);

    session.emit({ type: "text_delta", delta: "new" });

    expect(await take(subscription, 1)).toEqual([4]);
  });

  it.each([1006, 1012, 4010])("goes on unnoticed when the socket closes with %i", async (code) => {
    const { subscription, deployment, session } = await subscribed(3, 0);
    const events = subscription[Symbol.asyncIterator]();
    await events.next();

    deployment.socket.cut(code);
    session.emit({ type: "text_delta", delta: "missed" });

    const seqs = [];
    for (let n = 0; n < 3; n += 1) seqs.push((await events.next()).value?.seq);
    expect(seqs).toEqual([2, 3, 4]);
    expect(deployment.sockets).toHaveLength(2);
  });

  it.each([
    {
      outcome: "terminal_error",
      error: { code: "stream_queue_overflow", message: "slow", cursor: 2 },
    },
    { outcome: "remote_end", error: { code: "reconnect", message: "long enough", cursor: 2 } },
    { outcome: "remote_end", cursor: 2 },
  ])("opens again after $outcome with a cursor", async (end) => {
    const { subscription, deployment, session } = await subscribed(2, 0);
    endStream(deployment, subscription.id, end);
    session.emit({ type: "text_delta", delta: "next" });

    expect(await take(subscription, 3)).toEqual([1, 2, 3]);
    expect(deployment.requests("session/stream_open")).toHaveLength(2);
  });

  it("ends with the session", async () => {
    const { subscription, deployment } = await subscribed(2, 0);

    endStream(deployment, subscription.id, { outcome: "remote_end" });

    expect(await take(subscription, 9)).toEqual([1, 2]);
    expect(subscription.isClosed).toBe(true);
    expect(subscription.terminalOutcome).toEqual({ outcome: "remote_end" });
  });

  it("tells a failure that no reconnect would cure", async () => {
    const { subscription, deployment } = await subscribed(1, 0);
    const error = { code: "SCOPE_DENIED", message: "The token was revoked" };

    endStream(deployment, subscription.id, { outcome: "terminal_error", error });

    await expect(take(subscription, 2)).rejects.toMatchObject({ code: "SCOPE_DENIED" });
    expect(subscription.terminalOutcome).toEqual({ outcome: "terminal_error", error });
  });

  it("lets a slow reader wait in the log, not in memory", async () => {
    const { subscription, deployment } = await subscribed(25_000, 0, false);
    await until(() => deployment.requests("session/stream_close").length > 0);

    expect(await take(subscription, 25_000)).toEqual(upTo(25_000));
    expect(deployment.requests("session/stream_open").map(({ params }) => params?.after)).toEqual([
      0, 10_000, 20_000,
    ]);
  });

  it("bounds what it keeps by size as well", async () => {
    const { subscription, deployment, session } = await subscribed(0, 0);
    const delta = "x".repeat(1024 * 1024);
    for (let n = 0; n < 20; n += 1) session.emit({ type: "text_delta", delta });

    expect(await take(subscription, 20)).toEqual(upTo(20));
    expect(deployment.requests("session/stream_open").length).toBeGreaterThan(1);
  });

  it("closes on request, also while somebody waits", async () => {
    const { subscription, deployment } = await subscribed(0, 0);
    const waiting = take(subscription, 1);

    await subscription.close();

    expect(await waiting).toEqual([]);
    expect(subscription.terminalOutcome).toEqual({ outcome: "explicit_close" });
    await until(() => deployment.requests("session/stream_close").length === 1);
  });

  it("is closed by its signal, without touching the turn", async () => {
    const { client, deployment, session } = await subscribed(1, 0);
    const abort = new AbortController();
    const options = { after: 0, signal: abort.signal };
    const subscription = await client.subscribeSessionEvents(session.id, options);

    abort.abort();

    expect(await take(subscription, 1)).toEqual([]);
    expect(deployment.requests("turn/interrupt")).toHaveLength(0);
  });

  it("ends quietly with the client", async () => {
    const { client, subscription } = await subscribed(0, 0);
    const waiting = take(subscription, 1);

    await client.close();

    expect(await waiting).toEqual([]);
  });

  it("is refused for a session that does not exist", async () => {
    const { client } = await scripted();

    await expect(client.subscribeSessionEvents("nobody", { after: 0 })).rejects.toMatchObject({
      name: "SessionNotFoundError",
      code: "SESSION_NOT_FOUND",
    });
  });

  it("keeps many sessions apart on one socket", async () => {
    const { client, deployment } = await scripted();
    deployment.script = [{ type: "text_delta", delta: "own" }];
    const sessions = await Promise.all(upTo(50).map(() => client.createSession("?")));

    const all = await Promise.all(
      sessions.map(async ({ id }) => {
        const subscription = await client.subscribeSessionEvents(id, { after: 0 });
        for await (const { payload } of subscription) {
          if (payload.type === "run_completed") return payload.sessionId;
        }
        return undefined;
      }),
    );

    expect(all).toEqual(sessions.map(({ id }) => id));
    expect(deployment.sockets).toHaveLength(1);
  });
});

import { describe, expect, it } from "vitest";
import { EventReader, send } from "../test-support.ts";

type Json = Record<string, unknown>;

async function post(path: string, body: Json | undefined, headers: Record<string, string> = {}) {
  const response = await send(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

const slow = { prompt: "slow please", model: "demo" };

async function deferred(): Promise<string> {
  const { body } = await post("/sessions", { initial_turn: "deferred", model: "demo" });
  return `/sessions/${String(body.session_id)}`;
}

describe("a request that its client has named", () => {
  it("is taken back by that name, from anywhere", async () => {
    const path = await deferred();
    const id = crypto.randomUUID();
    const feed = await EventReader.open(`${path}/events`);
    const running = post(`${path}/messages`, slow, { "x-meerkat-request-id": id });
    await feed.until(({ event }) => event === "text_delta");

    const again = await post(`${path}/messages`, slow, { "x-meerkat-request-id": id });
    const cancel = await post(`/requests/${id}/cancel`, undefined);

    expect(again).toMatchObject({ status: 409, body: { code: "DUPLICATE_REQUEST_ID" } });
    expect(cancel.body).toEqual({ request_id: id, cancelled: true });
    expect(await running).toMatchObject({ status: 499, body: { code: "REQUEST_CANCELLED" } });
    expect((await post(`/requests/${id}/cancel`, undefined)).body).toEqual({
      request_id: id,
      cancelled: false,
      reason: "already_terminal",
    });
    await feed.cut();
  });

  it("may be followed by another of the same name", async () => {
    const headers = { "x-meerkat-request-id": crypto.randomUUID() };
    const one = await post("/sessions", { prompt: "one", model: "demo" }, headers);
    const two = await post("/sessions", { prompt: "two", model: "demo" }, headers);

    expect([one.status, two.status]).toEqual([200, 200]);
    expect(two.body.session_id).not.toBe(one.body.session_id);
  });

  it("is not known to those who make its name up, nor in another realm", async () => {
    const id = crypto.randomUUID();
    await post("/sessions", { prompt: "one", model: "demo" }, { "x-meerkat-request-id": id });

    expect(await post("/requests/nope/cancel", undefined)).toMatchObject({ status: 404 });
    expect(await post(`/realms/other/requests/${id}/cancel`, undefined)).toMatchObject({
      status: 404,
    });
  });

  it("needs a name that is not empty", async () => {
    const refused = await post("/sessions", slow, { "x-meerkat-request-id": "" });

    expect(refused).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
  });
});

describe("an Idempotency-Key", () => {
  it("makes a repeated create and a repeated turn the same one", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const create = { prompt: "hi", model: "demo" };
    const first = await post("/sessions", create, headers);
    const again = await post("/sessions", create, headers);
    expect(again).toEqual(first);

    const path = `/sessions/${String(first.body.session_id)}/messages`;
    const turn = await post(path, { prompt: "next" }, { "idempotency-key": "turn-1" });
    await post(path, { prompt: "other" });
    expect(await post(path, { prompt: "next" }, { "idempotency-key": "turn-1" })).toEqual(turn);
  });

  it("is refused for another body", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    await post("/sessions", { prompt: "hi", model: "demo" }, headers);

    expect(await post("/sessions", { prompt: "ho", model: "demo" }, headers)).toMatchObject({
      status: 409,
      body: { code: "CONFLICT", details: { reason: "idempotency_key_reused" } },
    });
  });

  it("must not differ from the one in the body", async () => {
    const path = await deferred();
    const body = { prompt: "hi", idempotency_key: "other" };

    expect(await post(`${path}/messages`, body, { "idempotency-key": "k" })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("differs") },
    });
  });

  it("joins the turn that still runs", async () => {
    const path = await deferred();
    const headers = { "idempotency-key": "k" };
    const feed = await EventReader.open(`${path}/events`);
    const running = post(`${path}/messages`, slow, headers);
    await feed.until(({ event }) => event === "text_delta");

    const [one, other] = await Promise.all([running, post(`${path}/messages`, slow, headers)]);

    expect(other).toEqual(one);
    expect(one.status).toBe(200);
    await feed.cut();
  });
});

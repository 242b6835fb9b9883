import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RuntimeHealth } from "../sdk/contract/index.ts";
import { failure } from "../durable-objects/providers/wire/anthropic.ts";
import { dialects } from "../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../durable-objects/providers/wire/openai.ts";
import { newRealm, realmStub, storedIn, vendor } from "../durable-objects/test-support.ts";
import { app } from "./app.ts";
import { get, ORIGIN, post } from "./test-support.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function healthOf(realm: string, bindings: object = {}, token?: string) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const request = new Request(`${ORIGIN}/realms/${realm}/runtime/health`, { headers });
  const response = await app.fetch(request, { ...env, ...bindings });
  const body: RuntimeHealth = await response.json();
  const find = (id: string) => body.dimensions?.find((dimension) => dimension.id === id);
  return { ...body, find, text: JSON.stringify(body) };
}

/** Bindings that reach objects which answer like this. */
function answering(invoke: () => Promise<unknown>): object {
  return { REALMS: { getByName: () => ({ invoke }) } };
}

describe("health", () => {
  it("says of each dimension whether it was measured, and with which value", async () => {
    const { status, dimensions, find } = await healthOf(newRealm());

    expect(status).toBe("ok");
    expect(find("realm")).toEqual({
      id: "realm",
      scope: "realm",
      state: "measured",
      value: expect.any(Number),
      unit: "ms",
    });
    expect(find("storage")).toMatchObject({ state: "measured", unit: "bytes", ok: true });
    expect(find("sessions")).toMatchObject({ state: "measured", value: 0 });
    expect(find("clock")).toMatchObject({ state: "measured", unit: "ms", ok: true });
    expect(find("credentials_key")).toMatchObject({ state: "measured", value: true, ok: true });
    for (const id of ["limit:stranger", "limit:caller", "limit:oauth"]) {
      expect(find(id), id).toMatchObject({ state: "measured", value: true });
    }
    expect(find("realm_list")).toMatchObject({ scope: "deployment", state: "measured" });
    for (const dimension of dimensions.filter(({ state }) => state !== "measured")) {
      expect(dimension).toEqual({
        id: dimension.id,
        scope: dimension.scope,
        state: "unmeasured",
        reason: expect.stringMatching(/./),
      });
    }
    const unmeasured = dimensions.flatMap(({ id, state }) => (state === "unmeasured" ? [id] : []));
    expect(unmeasured).toEqual([
      "log_append",
      "recovery",
      "provider:anthropic",
      "provider:openai",
      "provider:gemini",
    ]);
  });

  it("tells what is bound and set, and what is not", async () => {
    const { find } = await healthOf(newRealm(), {
      CALLER_LIMIT: undefined,
      OAUTH_LIMIT: undefined,
      METRICS: undefined,
      RKAT_CREDENTIALS_KEY: undefined,
    });

    expect(find("limit:caller")).toMatchObject({ value: false });
    expect(find("limit:oauth")).toMatchObject({ value: false });
    expect(find("metrics")).toMatchObject({ value: false });
    expect(find("credentials_key")).toMatchObject({ value: false });
    expect(find("credentials_key")).not.toHaveProperty("ok");
  });

  it("tells how a provider's last call ended, and asks none itself", async () => {
    const realm = newRealm();
    const refusal = {
      status: 401,
      chunks: [{ data: JSON.stringify(failure("authentication_error", "canary-8101")) }],
    };
    const model = await vendor(
      "anthropic",
      { chunks: chunks(dialects.anthropic.says("Hi.")) },
      refusal,
    );
    const turn = { prompt: "Hello", model: model.model };

    await post(`/realms/${realm}/sessions`, turn);
    const before = await healthOf(realm);
    await post(`/realms/${realm}/sessions`, turn);
    const after = await healthOf(realm);

    expect(before).toMatchObject({ status: "ok" });
    expect(before.find("provider:anthropic")).toMatchObject({ value: "answered", ok: true });
    expect(after).toMatchObject({ status: "degraded" });
    expect(after.find("provider:anthropic")).toMatchObject({
      state: "measured",
      value: "auth",
      ok: false,
    });
    expect(after.find("provider:openai")).toMatchObject({ state: "unmeasured" });
    expect(after.find("sessions")).toMatchObject({ value: 2 });
    expect(after.text).not.toContain("canary-8101");
    expect(await model.requests()).toHaveLength(2);
  });

  it("says that a realm could not be read, and not why", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const broken = answering(() => Promise.reject(new Error("canary-8102")));

    const { status, find, text } = await healthOf(newRealm(), broken);

    expect(status).toBe("degraded");
    expect(find("storage")).toEqual({
      id: "storage",
      scope: "realm",
      state: "unreadable",
      reason: "it failed; the log says why",
    });
    expect(find("access")).toMatchObject({ state: "measured" });
    expect(text).not.toContain("canary-8102");
  });

  it("waits for nobody longer than two seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silent = answering(() => Promise.withResolvers<unknown>().promise);

    const health = healthOf(newRealm(), silent);
    await vi.advanceTimersByTimeAsync(2_000);

    expect((await health).find("realm")).toMatchObject({
      state: "unreadable",
      reason: "no answer within 2000 ms",
    });
  });

  it("leaves no trace in a realm that nobody used", async () => {
    const realm = newRealm();
    await healthOf(realm);

    expect(await storedIn(realmStub(realm))).toEqual([]);
    expect((await get(`/realms/${realm}`)).status).toBe(404);
  });

  it("shows a tenant its own realm, and nothing of the list of all", async () => {
    const realm = newRealm();
    const { body } = await post<{ token: string }>(`/realms/${realm}/tokens`, { scopes: ["read"] });
    const closed = { RKAT_ADMIN_TOKEN: "canary-admin-8103" };

    const mine = await healthOf(realm, closed, body.token);
    const theirs = await healthOf(newRealm(), closed, body.token);

    expect(mine).toMatchObject({ status: "ok" });
    expect(mine.find("access")).toMatchObject({ value: "token", ok: true });
    expect(mine.find("realm_list")).toBeUndefined();
    expect(theirs).toMatchObject({ code: "SCOPE_DENIED" });
    expect(mine.text).not.toContain("canary-admin-8103");
  });
});

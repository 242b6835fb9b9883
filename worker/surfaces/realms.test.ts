import { describe, expect, it, vi } from "vitest";
import { newRealm } from "../../durable-objects/test-support.ts";
import type { Json } from "../test-support.ts";
import { get, json, post, request } from "../test-support.ts";

const patience = { timeout: 20_000, interval: 20 };

/** One page that starts right before the realm, however many others there are. */
async function listedAt(realm: string): Promise<Json[]> {
  const { body } = await get<{ realms: Json[] }>(`/realms?cursor=${realm.slice(0, -1)}&limit=1`);
  return body.realms;
}

describe("a realm over REST", () => {
  it("is created with a backend that stays, read and listed", async () => {
    const realm = newRealm();

    const made = await post("/realms", { realm_id: realm, backend: "jsonl" });
    const again = await post("/realms", { realm_id: realm, backend: "memory" });

    const manifest = {
      realm_id: realm,
      backend: "jsonl",
      origin: "explicit",
      instance_id: null,
      state: "active",
      active_sessions: 0,
    };
    expect(made).toMatchObject({ status: 201, body: { ...manifest, created: true } });
    expect(made.body.created_at).toMatch(/^\d{10}$/);
    expect(again.body).toEqual({ ...made.body, created: false });
    const { created: _, ...info } = made.body;
    expect((await get(`/realms/${realm}`)).body).toEqual(info);
    expect(await listedAt(realm)).toEqual([info]);
    expect((await get(`/realms/${realm}/config`)).body).toMatchObject({ backend: "jsonl" });
  });

  it("has a generated name when none is given", async () => {
    const { body } = await post("/realms", {});

    expect(body).toMatchObject({ origin: "generated", created: true });
    expect(body.realm_id).toMatch(/^realm-[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it("is deleted, and its proof can be read", async () => {
    const realm = newRealm();
    await post(`/realms/${realm}/sessions`, { prompt: "hi", model: "demo" });

    const begun = await request("DELETE", `/realms/${realm}`);
    const gone = await vi.waitUntil(async () => {
      const read = await get(`/realms/${realm}`);
      return read.status === 404 && read;
    }, patience);

    expect(begun).toMatchObject({
      status: 202,
      body: { realm_id: realm, deletion: { sessions_total: 1 } },
    });
    const proof = { phase: "done", sessions_erased: 1, sessions_verified: 1 };
    expect(gone.body).toMatchObject({ code: "REALM_NOT_FOUND", details: { deletion: proof } });
    expect(await request("DELETE", `/realms/${realm}`)).toMatchObject({
      status: 202,
      body: { deletion: proof },
    });
    expect((await get(`/realms/${realm}/sessions`)).body).toEqual({ sessions: [] });
    expect(await listedAt(realm)).not.toMatchObject([{ realm_id: realm }]);
  });

  it("is unknown before its first use", async () => {
    const realm = newRealm();

    for (const answer of [
      await get(`/realms/${realm}`),
      await request("DELETE", `/realms/${realm}`),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: "REALM_NOT_FOUND" } });
    }
  });

  it("is repaired within the realm of the path", async () => {
    const realm = newRealm();
    await post(`/realms/${realm}/sessions`, { initial_turn: "deferred", model: "demo" });
    const missing = crypto.randomUUID();

    expect((await post(`/realms/${realm}/repair`)).body).toEqual({
      checked: 1,
      repaired: 0,
      removed: 0,
      unreachable: 0,
      missing: [],
    });
    expect((await post(`/realms/${realm}/repair`, { session_ids: [missing] })).body).toMatchObject({
      missing: [missing],
    });
    expect(await post(`/realms/${realm}/repair`, { session_ids: ["nope"] })).toMatchObject({
      status: 400,
    });
  });

  it.each([
    ["global", "reserved"],
    ["0193f2a0-0000-7000-8000-000000000000", "UUID"],
    ["a b", "letters"],
    ["-a", "letters"],
    ["x".repeat(65), "64"],
  ])("is refused under the name %s", async (name, why) => {
    const created = await post("/realms", { realm_id: name });
    const used = await get(`/realms/${encodeURIComponent(name)}/config`);

    for (const { status, body } of [created, used]) {
      expect(status).toBe(400);
      expect(body.error).toContain(why);
    }
  });

  it("is refused with a backend that nobody knows", async () => {
    const answer = await post("/realms", { realm_id: newRealm(), backend: "mysql" });

    expect(answer).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
  });

  it("is all that a ticket's holder sees", async () => {
    const [own, other] = [newRealm(), newRealm()];
    await post("/realms", { realm_id: own });
    await post("/realms", { realm_id: other });
    const ask = async (method: string, params: Json) => {
      const issued = await post<{ ticket: string }>(`/realms/${own}/tickets`);
      const call = { jsonrpc: "2.0", id: 1, method, params };
      const path = `/realms/${own}/rpc?ticket=${issued.body.ticket}`;
      return (await request("POST", path, json(call))).body;
    };

    expect(await ask("realms/list", {})).toMatchObject({
      result: { realms: [{ realm_id: own }] },
    });
    expect(await ask("realms/get", {})).toMatchObject({ result: { realm_id: own } });
    for (const method of ["realms/get", "realms/create", "realms/delete"]) {
      const refused = { error: { data: { code: "SCOPE_DENIED" } } };
      expect(await ask(method, { realm_id: other })).toMatchObject(refused);
    }
  });
});

describe("an instance's name", () => {
  it("is shown in its own config envelope, and kept out of the document", async () => {
    const realm = newRealm();
    const written = await request("PUT", `/realms/${realm}/config?instance_id=worker-1`, json({}));
    const header = { headers: { "x-meerkat-instance": "worker-2" } };

    expect(written.body).toMatchObject({ config: {}, instance_id: "worker-1" });
    expect((await request("GET", `/realms/${realm}/config`, header)).body.instance_id).toBe(
      "worker-2",
    );
    expect((await get(`/realms/${realm}/config`)).body.instance_id).toBeNull();
  });
});

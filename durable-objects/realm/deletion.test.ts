import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import {
  partsOf,
  type RealmDeletion,
  REGISTRY_REALM,
  type RemoteParts,
} from "../../sdk/contract/index.ts";
import {
  eventsOf,
  newRealm,
  newSession,
  realmStub,
  storedIn,
  type TestSession,
  vendor,
  Watch,
} from "../test-support.ts";
import type { RealmParts } from "./realm-parts.ts";

const patience = { timeout: 20_000, interval: 20 };

function realm(realmId: string): RemoteParts<RealmParts> {
  return partsOf(realmStub(realmId));
}

async function created(realmId: string): Promise<TestSession> {
  const session = newSession(realmId);
  await session.object().create(realmId, session.sessionId, { model: "demo" });
  return session;
}

/** The registry's proof, once the deletion is over. */
async function deleted(realmId: string): Promise<RealmDeletion> {
  return vi.waitUntil(async () => {
    await runDurableObjectAlarm(realmStub(realmId));
    return realm(REGISTRY_REALM).registry.deletionOf(realmId);
  }, patience);
}

/** The registry's list from right before the realm on, as long as one. */
async function listedAt(realmId: string): Promise<string[]> {
  return realm(REGISTRY_REALM).registry.list(realmId.slice(0, -1), 1);
}

/** As after `begin`, with the alarm yet to come. */
async function beginSlowly(realmId: string): Promise<void> {
  await runInDurableObject(realmStub(realmId), (_, { storage }) => {
    storage.sql.exec(
      `INSERT INTO deletion (id, phase, total, started_at)
       SELECT 1, 'erasing', count(*), 1000 FROM members`,
    );
    storage.sql.exec("UPDATE realm SET deleting_at = 1000");
  });
}

describe("a realm that is deleted", () => {
  it("leaves nothing of its sessions or of itself, and a proof", async () => {
    const realmId = newRealm();
    const sessions = [await created(realmId), await created(realmId), await created(realmId)];
    await sessions[0]?.object().archive();

    const begun = await realm(realmId).deletion.begin(false);
    const proof = await deleted(realmId);

    expect(begun).toMatchObject({ phase: "erasing", sessions_total: 3 });
    expect(proof).toMatchObject({ phase: "done", sessions_erased: 3, sessions_verified: 3 });
    for (const session of sessions) {
      expect(await storedIn(session.stub())).toEqual([]);
      await expect(async () => await session.object().history(0, 1)).rejects.toMatchObject({
        code: "SESSION_NOT_FOUND",
      });
    }
    expect(await storedIn(realmStub(realmId))).toEqual([]);
    expect(await realm(realmId).profile.read()).toBeUndefined();
    expect(await realm(REGISTRY_REALM).registry.list("", 100)).not.toContain(realmId);
  });

  it("is not deleted under a running turn unless forced, which ends the turn once", async () => {
    const realmId = newRealm();
    const held = await vendor("anthropic", { holdHeaders: true });
    const session = newSession(realmId);
    await session
      .object()
      .create(realmId, session.sessionId, { model: held.model, prompt: "hi", run_id: "run-1" });
    const watch = await Watch.open(session, 0);
    await held.requests(1);

    await expect(async () => await realm(realmId).deletion.begin(false)).rejects.toMatchObject({
      code: "REALM_BUSY",
      details: { active_sessions: 1 },
    });
    await realm(realmId).deletion.begin(true);

    expect(await watch.until("run_failed")).toMatchObject({ error_class: "cancelled" });
    expect(await deleted(realmId)).toMatchObject({ sessions_erased: 1, sessions_verified: 1 });
    expect(watch.events.filter(({ type }) => type === "run_failed")).toHaveLength(1);
    expect(await storedIn(session.stub())).toEqual([]);
  });

  it("refuses sessions, turns and writes meanwhile, and tells how far it has come", async () => {
    const realmId = newRealm();
    const session = await created(realmId);
    await beginSlowly(realmId);
    const refused = { code: "REALM_DELETING" };
    const turn = { prompt: "hi", run_id: "run-1" };

    await expect(async () => await created(realmId)).rejects.toMatchObject(refused);
    await expect(async () => await session.object().startTurn(turn)).rejects.toMatchObject(refused);
    await expect(async () => await realm(realmId).config.set({}, undefined)).rejects.toMatchObject(
      refused,
    );
    await expect(async () => await realm(realmId).profile.create(undefined)).rejects.toMatchObject(
      refused,
    );
    expect(await realm(realmId).profile.read()).toMatchObject({
      state: "deleting",
      deletion: { phase: "erasing", sessions_total: 1, sessions_erased: 0, started_at: 1 },
    });
    expect(await realm(realmId).deletion.begin(false)).toMatchObject({ started_at: 1 });
  });

  it("goes on after a crash, and counts each session once", async () => {
    const realmId = newRealm();
    const sessions = [await created(realmId), await created(realmId)];
    await beginSlowly(realmId);
    // The crash came between the erasing of a session and the commit that counts it.
    await sessions[0]?.object().erase();
    await runInDurableObject(realmStub(realmId), async (_, state) => {
      await state.storage.setAlarm(Date.now() + 60_000);
      state.abort("killed by the test");
    }).catch(() => undefined);

    expect(await deleted(realmId)).toMatchObject({ sessions_erased: 2, sessions_verified: 2 });
  });

  it("finds a session that comes late, and one that came back", async () => {
    const realmId = newRealm();
    const back = await created(realmId);
    await beginSlowly(realmId);
    const late = newSession();
    await late.object().create(late.realmId, late.sessionId, { model: "demo" });
    const { row } = await late.object().standing();
    const moved = newSession(realmId, late.sessionId);
    if (row) await realm(realmId).directory.record({ ...row, realm_id: realmId });
    // The walk has passed the first one already.
    await runInDurableObject(realmStub(realmId), async (_, { storage }) => {
      storage.sql.exec("UPDATE deletion SET phase = 'verifying', cursor = ''");
      await storage.setAlarm(Date.now() + 60_000);
    });

    expect(await deleted(realmId)).toMatchObject({ sessions_erased: 1, sessions_verified: 2 });
    expect(await storedIn(back.stub())).toEqual([]);
    expect(await storedIn(moved.stub())).toEqual([]);
  });

  it("can be created anew under its name", async () => {
    const realmId = newRealm();
    await realm(realmId).config.set({ agent: { model: "demo" } }, undefined);
    await realm(realmId).deletion.begin(false);
    await deleted(realmId);

    const session = await created(realmId);

    expect(await eventsOf(session)).toBeDefined();
    expect(await realm(realmId).config.read()).toMatchObject({ config: {}, generation: 0 });
    await realm(realmId).profile.create(undefined);
    expect(await listedAt(realmId)).toEqual([realmId]);
  });

  it("walks many sessions in bounded steps", async () => {
    const realmId = newRealm();
    const session = await created(realmId);
    await runInDurableObject(realmStub(realmId), (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 105)
         INSERT INTO members (session_id) SELECT printf('0000-%06d', i) FROM n`,
      );
    });

    await realm(realmId).deletion.begin(false);

    expect(await deleted(realmId)).toMatchObject({ sessions_erased: 1, sessions_verified: 106 });
    expect(await storedIn(session.stub())).toEqual([]);
  });
});

describe("the registry", () => {
  it("learns of a realm by its first use", async () => {
    const realmId = newRealm();

    await created(realmId);

    await vi.waitUntil(async () => (await listedAt(realmId)).includes(realmId), patience);
    // Nothing is left to do: an idle realm costs nothing.
    await vi.waitUntil(
      async () => !(await storedIn(realmStub(realmId))).includes("alarm"),
      patience,
    );
    expect(await listedAt(realmId)).toEqual([realmId]);
  });
});

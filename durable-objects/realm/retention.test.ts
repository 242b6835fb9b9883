import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { partsOf, type RemoteParts } from "../../sdk/contract/index.ts";
import { newRealm, newSession, realmStub, storedIn, type TestSession } from "../test-support.ts";
import type { RealmParts } from "./realm-parts.ts";

const patience = { timeout: 20_000, interval: 20 };
const DAY_MS = 24 * 60 * 60_000;

function realm(realmId: string): RemoteParts<RealmParts> {
  return partsOf(realmStub(realmId));
}

async function created(realmId: string): Promise<TestSession> {
  const session = newSession(realmId);
  const request = { model: "demo", labels: { team: "infra" } };
  await session.object().create(realmId, session.sessionId, request);
  return session;
}

/** Lets the realm believe that something was so many days ago. */
async function age(session: TestSession, column: string, days: number): Promise<void> {
  await runInDurableObject(realmStub(session.realmId), (_, { storage }) => {
    storage.sql.exec(
      `UPDATE sessions SET ${column} = ? WHERE session_id = ?`,
      Date.now() - days * DAY_MS,
      session.sessionId,
    );
  });
}

/** Every id that the realm still has a row of, in any table. */
function known(realmId: string): Promise<string[]> {
  return runInDurableObject(realmStub(realmId), (_, { storage }) =>
    storage.sql
      .exec<{ session_id: string }>(
        `SELECT session_id FROM sessions UNION SELECT session_id FROM members
         UNION SELECT session_id FROM labels`,
      )
      .toArray()
      .map(({ session_id }) => session_id),
  );
}

function alarmOf(realmId: string): Promise<number | null> {
  return runInDurableObject(realmStub(realmId), (_, { storage }) => storage.getAlarm());
}

describe("retention", () => {
  it("erases what was archived or idle for too long, and nothing else", async () => {
    const realmId = newRealm();
    const [archived, fresh, idle, busy, used] = [
      await created(realmId),
      await created(realmId),
      await created(realmId),
      await created(realmId),
      await created(realmId),
    ];
    await archived.object().archive();
    await fresh.object().archive();
    await age(archived, "archived_at", 31);
    await age(fresh, "archived_at", 29);
    await age(idle, "updated_at", 8);
    await age(busy, "updated_at", 8);
    await runInDurableObject(realmStub(realmId), (_, { storage }) => {
      storage.sql.exec("UPDATE sessions SET is_active = 1 WHERE session_id = ?", busy.sessionId);
    });

    const retention = { archived_days: 30, idle_days: 7 };
    await realm(realmId).config.set({ retention }, undefined);
    await vi.waitUntil(async () => {
      await runDurableObjectAlarm(realmStub(realmId));
      return (await known(realmId)).length === 3;
    }, patience);

    expect(new Set(await known(realmId))).toEqual(
      new Set([fresh.sessionId, busy.sessionId, used.sessionId]),
    );
    for (const session of [archived, idle]) {
      expect(await storedIn(session.stub())).toEqual([]);
      await expect(async () => await session.object().history(0, 1)).rejects.toMatchObject({
        code: "SESSION_NOT_FOUND",
      });
    }
    expect(await busy.object().read()).toMatchObject({ state: "idle" });
    // It wakes again when the next one is due, about a day from now.
    const next = ((await alarmOf(realmId)) ?? 0) - Date.now();
    expect(next).toBeGreaterThan(0.9 * DAY_MS);
    expect(next).toBeLessThan(1.1 * DAY_MS);
  });

  it("keeps a session that was used since the realm heard of it", async () => {
    const realmId = newRealm();
    const session = await created(realmId);
    await session.object().startTurn({ prompt: "hi", run_id: "run-1" });
    await session.object().result("run-1");
    await runInDurableObject(realmStub(realmId), (_, { storage }) => {
      storage.sql.exec("UPDATE sessions SET updated_at = 1, version = 1");
    });

    await realm(realmId).config.set({ retention: { idle_days: 1 } }, undefined);
    await vi.waitUntil(async () => {
      await runDurableObjectAlarm(realmStub(realmId));
      const [row] = await realm(realmId).directory.list({ limit: 1, offset: 0, labels: {} });
      return (row?.updated_at ?? 0) > 1;
    }, patience);

    expect(await session.object().read()).toMatchObject({ session_id: session.sessionId });
  });

  it("sets no alarm without a rule, or without anything to erase", async () => {
    const realmId = newRealm();
    await realm(realmId).profile.create(undefined);
    await realm(realmId).config.set({ retention: { archived_days: 1 } }, undefined);
    const session = await created(realmId);
    await vi.waitUntil(async () => (await alarmOf(realmId)) === null, patience);

    await session.object().archive();

    await vi.waitUntil(async () => (await alarmOf(realmId)) !== null, patience);
    expect(await alarmOf(realmId)).toBeGreaterThan(Date.now() + 0.9 * DAY_MS);
  });

  it.each([0, -1, 1.5, "7"])("refuses %s days", async (days) => {
    const realmId = newRealm();
    const config = { retention: { archived_days: days } };

    await expect(
      async () => await realm(realmId).config.set(config, undefined),
    ).rejects.toMatchObject({
      code: "INVALID_PARAMS",
      details: { key: "retention.archived_days" },
    });
  });
});

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { partsOf, type RemoteParts } from "../../sdk/contract/index.ts";
import { newRealm, newSession, realmStub, type TestSession } from "../test-support.ts";
import type { RealmParts } from "./realm-parts.ts";

const everything = { limit: 100, offset: 0, labels: {} };

function realm(realmId: string): RemoteParts<RealmParts> {
  return partsOf(realmStub(realmId));
}

async function created(realmId: string, labels = {}): Promise<TestSession> {
  const session = newSession(realmId);
  await session.object().create(realmId, session.sessionId, { model: "demo", labels });
  return session;
}

async function execute(realmId: string, statement: string): Promise<void> {
  await runInDurableObject(realmStub(realmId), (_, { storage }) => {
    storage.sql.exec(statement);
  });
}

describe("repairing a directory", () => {
  it("puts in what the sessions say, and drops what no session says", async () => {
    const realmId = newRealm();
    const wrong = await created(realmId, { team: "infra" });
    const lost = await created(realmId, { team: "infra" });
    const right = await created(realmId);
    const before = await realm(realmId).directory.list(everything);
    const ghost = newSession(realmId);
    await execute(realmId, `DELETE FROM sessions WHERE session_id = '${lost.sessionId}'`);
    await execute(realmId, "DELETE FROM labels");
    await execute(
      realmId,
      `UPDATE sessions SET is_active = 1, message_count = 77, version = 999
       WHERE session_id = '${wrong.sessionId}'`,
    );
    await execute(
      realmId,
      `INSERT INTO sessions SELECT '${ghost.sessionId}', version, created_at, updated_at,
         message_count, total_tokens, 1, archived, model, provider, labels, archived_at
       FROM sessions WHERE session_id = '${right.sessionId}'`,
    );

    const report = await realm(realmId).repair.run(undefined, "");

    expect(report).toEqual({
      checked: 4,
      repaired: 2,
      removed: 1,
      unreachable: 0,
      missing: [],
    });
    expect(await realm(realmId).directory.list(everything)).toEqual(before);
    const infra = { ...everything, labels: { team: "infra" } };
    expect(await realm(realmId).directory.list(infra)).toHaveLength(2);
    expect(await realm(realmId).repair.run(undefined, "")).toMatchObject({
      repaired: 0,
      removed: 0,
    });
  });

  it("rebuilds a realm that was lost from the ids that somebody has", async () => {
    const realmId = newRealm();
    const sessions = [await created(realmId), await created(realmId)];
    const before = await realm(realmId).directory.list(everything);
    await runInDurableObject(realmStub(realmId), async (_, state) => {
      await state.storage.deleteAlarm();
      await state.storage.deleteAll();
      state.abort("killed by the test");
    }).catch(() => undefined);
    const nobody = newSession(realmId).sessionId;

    const named = [...sessions.map(({ sessionId }) => sessionId), nobody];
    const report = await realm(realmId).repair.run(named, "");

    expect(report).toMatchObject({ checked: 3, repaired: 2, missing: [nobody] });
    expect(await realm(realmId).directory.list(everything)).toEqual(before);
  });

  it("does not make a realm of ids that do not exist", async () => {
    const realmId = newRealm();

    const report = await realm(realmId).repair.run([newSession().sessionId], "");

    expect(report.missing).toHaveLength(1);
    expect(await realm(realmId).profile.read()).toBeUndefined();
  });

  it("goes on by cursor through more sessions than one call asks", async () => {
    const realmId = newRealm();
    await created(realmId);
    await execute(
      realmId,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
       INSERT INTO members (session_id) SELECT printf('0000-%06d', i) FROM n`,
    );

    const first = await realm(realmId).repair.run(undefined, "");
    const second = await realm(realmId).repair.run(undefined, first.cursor ?? "");

    expect([first.checked, second.checked, second.cursor]).toEqual([100, 51, undefined]);
  });
});

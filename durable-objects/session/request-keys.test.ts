import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { newSession, type TestSession } from "../test-support.ts";

const HOUR_MS = 60 * 60_000;

async function note(session: TestSession, key: string): Promise<string> {
  const created_at = new Date().toISOString();
  const message = { role: "system" as const, content: `about ${key}`, created_at };
  return session.object().note(message, key, true);
}

/** Lets time pass for the keys that are known, and the object sleep meanwhile. */
async function age(session: TestSession, hours: number): Promise<void> {
  await runInDurableObject(session.stub(), (_, { storage }) => {
    storage.sql.exec("UPDATE requests SET created_at = created_at - ?", hours * HOUR_MS);
  });
  await evictDurableObject(session.stub());
}

it("knows a key for a day at least, and forgets it in the end", async () => {
  const session = newSession();
  await session.object().create(session.realmId, session.sessionId, { model: "demo" });

  expect(await note(session, "a")).toBe("applied");
  await age(session, 24);
  expect(await note(session, "b")).toBe("applied");
  expect(await note(session, "a")).toBe("duplicate");
  await age(session, 25);
  expect(await note(session, "c")).toBe("applied");

  const keys = await runInDurableObject(session.stub(), (_, { storage }) =>
    storage.sql.exec("SELECT key FROM requests ORDER BY key").toArray(),
  );
  expect(keys).toEqual([{ key: "b" }, { key: "c" }]);
});

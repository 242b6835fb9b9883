import { runInDurableObject } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import type { DirectoryRow } from "../session/directory.ts";
import { newRealm, newSession, realmStub } from "../test-support.ts";
import { DirectoryStorage } from "./directory-storage.ts";
import { partsOf, type RemoteParts } from "../../sdk/contract/index.ts";
import type { RealmParts } from "./realm-parts.ts";

const everything = { limit: 100, offset: 0, labels: {} };

function realm(realmId: string): RemoteParts<RealmParts> {
  return partsOf(realmStub(realmId));
}

function row(about: Partial<DirectoryRow> = {}): DirectoryRow {
  return {
    realm_id: "r",
    session_id: uuidv7(),
    version: 1,
    created_at: 100,
    updated_at: 100_000,
    message_count: 1,
    total_tokens: 0,
    is_active: false,
    archived: false,
    model: "demo",
    provider: "demo",
    labels: {},
    ...about,
  };
}

async function open(): Promise<{ realmId: string; object: RemoteParts<RealmParts> }> {
  const realmId = newRealm();
  const object = realm(realmId);
  await object.config.set({}, undefined);
  return { realmId, object };
}

/** Whether anything was ever stored in the realm's object. */
function hasTables(realmId: string): Promise<boolean> {
  return runInDurableObject(
    realmStub(realmId),
    (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'realm'").toArray().length > 0,
  );
}

describe("a realm", () => {
  it("is not created by asking about it", async () => {
    const realmId = newRealm();

    await realm(realmId).config.read();
    await realm(realmId).directory.list(everything);
    await expect(async () => await newSession(realmId).object().read()).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });

    expect(await hasTables(realmId)).toBe(false);
  });

  it("is created by its first session, with its backend and its origin", async () => {
    const realmId = newRealm();
    const session = newSession(realmId);

    await session.object().create(realmId, session.sessionId, { model: "demo" });

    const manifest = await runInDurableObject(realmStub(realmId), (_, { storage }) =>
      storage.sql.exec("SELECT * FROM realm").one(),
    );
    expect(manifest).toMatchObject({ realm_id: realmId, backend: "sqlite", origin: "explicit" });
  });

  it("is not created by a session that was refused", async () => {
    const realmId = newRealm();
    const session = newSession(realmId);

    await expect(
      async () => await session.object().create(realmId, session.sessionId, { model: "llama-99" }),
    ).rejects.toMatchObject({ code: "INVALID_PARAMS" });

    expect(await realm(realmId).directory.list(everything)).toEqual([]);
    expect(await hasTables(realmId)).toBe(false);
  });
});

describe("a realm's directory", () => {
  it("shows a session as its newest report told it", async () => {
    const { realmId, object } = await open();
    const session = row({ labels: { team: "infra" } });
    await object.directory.record(session);

    await object.directory.record({ ...session, version: 5, message_count: 3, total_tokens: 19 });

    expect(await object.directory.list(everything)).toMatchObject([
      {
        session_id: session.session_id,
        session_ref: `${realmId}:${session.session_id}`,
        message_count: 3,
        total_tokens: 19,
        state: "idle",
        labels: { team: "infra" },
      },
    ]);
  });

  it("ignores a report that is older than what it knows, in whatever order they come", async () => {
    const { object } = await open();
    const reports = [1, 2, 3, 4].map((version) =>
      row({ session_id: "s", version, message_count: version, updated_at: version * 1_000 }),
    );

    for (const at of [1, 3, 0, 2, 3]) await object.directory.record(reports[at] ?? row());

    expect(await object.directory.list(everything)).toMatchObject([{ message_count: 4 }]);
  });

  it("does not bring back a session that was archived", async () => {
    const { object } = await open();
    const session = row();
    await object.directory.record({ ...session, version: 9, archived: true });

    await object.directory.record({ ...session, version: 8, is_active: true });

    expect(await object.directory.list(everything)).toEqual([]);
  });

  it("lists by last use, then by id", async () => {
    const { object } = await open();
    const reports = [
      row({ session_id: "c", updated_at: 5_000 }),
      row({ session_id: "a", updated_at: 5_000 }),
      row({ session_id: "b", updated_at: 9_000 }),
    ];
    for (const report of reports) await object.directory.record(report);
    await object.directory.record({ ...(reports[0] ?? row()), version: 2, updated_at: 10_000 });

    const ids = (await object.directory.list(everything)).map(({ session_id }) => session_id);

    expect(ids).toEqual(["c", "b", "a"]);
  });

  it("filters by every label that is asked for, whatever it is called", async () => {
    const { object } = await open();
    const odd = { "a'b\"=;--": "%_\\ 👋", team: "infra" };
    await object.directory.record(row({ session_id: "a", labels: odd }));
    await object.directory.record(row({ session_id: "b", labels: { team: "infra" } }));
    const ids = async (labels: Record<string, string>) =>
      (await object.directory.list({ ...everything, labels })).map(({ session_id }) => session_id);

    expect(await ids({ team: "infra" })).toEqual(["a", "b"]);
    expect(await ids(odd)).toEqual(["a"]);
    expect(await ids({ team: "infra", other: "x" })).toEqual([]);
    expect(await ids({ team: "INFRA" })).toEqual([]);
  });

  describe("of 100,000 sessions", () => {
    const count = (
      ask: { limit: number; offset: number; labels: Record<string, string> },
      full: string,
    ): Promise<{ read: number; sessions: number }> =>
      runInDurableObject(realmStub(full), (_, { storage }) => {
        const { sql } = storage;
        const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
        const counted = Object.create(storage, {
          sql: {
            value: {
              exec(...args: Parameters<SqlStorage["exec"]>) {
                const cursor = sql.exec(...args);
                cursors.push(cursor);
                return cursor;
              },
            },
          },
        }) as DurableObjectStorage;
        const { limit, offset, labels } = ask;
        const stored = new DirectoryStorage(counted);
        // What the object reads once, when it wakes, is not the page's.
        cursors.length = 0;
        const sessions = stored.list(limit, offset, labels).length;
        return { sessions, read: cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0) };
      });

    it("B-3: reads at most 60 rows for a page of 50", async () => {
      const { realmId } = await open();
      await fill(realmId);

      const first = await count({ limit: 50, offset: 0, labels: {} }, realmId);
      const rare = await count({ limit: 50, offset: 0, labels: { shard: "7" } }, realmId);
      const deep = await count({ limit: 50, offset: 50_000, labels: {} }, realmId);

      console.info(
        `B-3: ${first.read} rows read for the first page, ${rare.read} by a label that 50 sessions have, ${deep.read} at offset 50,000`,
      );
      expect(first.sessions).toBe(50);
      expect(first.read).toBeLessThanOrEqual(60);
      expect(rare.sessions).toBe(50);
    });
  });
});

/** Fills a directory by SQL: a hundred thousand reports would take their time. */
async function fill(realmId: string): Promise<void> {
  await runInDurableObject(realmStub(realmId), (_, { storage }) => {
    storage.sql.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
       INSERT INTO sessions (session_id, version, created_at, updated_at, message_count,
         total_tokens, is_active, archived, model, provider, labels)
       SELECT printf('session-%06d', i), 1, i, i, 1, 0, 0, 0, 'demo', 'demo',
         '{"shard":"' || (i % 2000) || '"}' FROM n`,
    );
    storage.sql.exec(
      `INSERT INTO labels (key, value, session_id)
       SELECT 'shard', json_extract(labels, '$.shard'), session_id FROM sessions`,
    );
  });
}

describe("a realm's config", () => {
  it.each([
    "auto_compact_threshold",
    "recent_turn_budget",
    "max_summary_tokens",
    "min_turns_between_compactions",
  ])("takes no compaction.%s below 1, and stays as it was", async (key) => {
    const { object } = await open();
    await object.config.set({ compaction: { [key]: 1 } }, 1);

    for (const value of [0, -1, 1.5, "4"]) {
      await expect(
        async () => await object.config.set({ compaction: { [key]: value } }, 2),
      ).rejects.toMatchObject({ code: "INVALID_PARAMS", details: { key: `compaction.${key}` } });
    }

    expect((await object.config.inUse()).config).toEqual({ compaction: { [key]: 1 } });
  });
});

describe("a secret in a realm's config", () => {
  it("never leaves, and stays as it is when its mark is written back", async () => {
    const { object } = await open();
    const provider = { type: "openai", api_key: "sk-canary" };
    await object.config.set({ provider, providers: { api_keys: { gemini: "AI-canary" } } }, 1);

    const shown = await object.config.read();
    await object.config.set({ ...shown.config, agent: { model: "demo" } }, 2);

    expect(JSON.stringify([shown, await object.config.read()])).not.toContain("canary");
    expect((await object.config.inUse()).config).toMatchObject({ provider: { type: "openai" } });
    expect(JSON.stringify(await object.config.inUse())).not.toContain("canary");
    expect((await object.credentials.inUse()).config).toMatchObject({
      provider,
      providers: { api_keys: { gemini: "AI-canary" } },
      agent: { model: "demo" },
    });
  });
});

import { runInDurableObject } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { partsOf, type ProviderName, type RemoteParts } from "../../sdk/contract/index.ts";
import { dialects } from "../providers/wire/dialects.ts";
import { chunks } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import type { RealmObject } from "../realm/realm.ts";
import {
  configure,
  crash,
  eventsOf,
  messagesOf,
  newRealm,
  newSession,
  realmStub,
  type TestSession,
  vendor,
  type VendorName,
  Watch,
} from "../test-support.ts";
import type { SessionObject } from "./session.ts";

const vendors = ["anthropic", "openai", "gemini"] as const;
const headers = {
  anthropic: ["authorization", "Bearer "],
  openai: ["authorization", "Bearer "],
  gemini: ["x-goog-api-key", ""],
} as const;

function credentials(realmId: string): RemoteParts<RealmParts>["credentials"] {
  return partsOf<RealmParts>(realmStub(realmId)).credentials;
}

/** A key that can be found wherever it went. */
function canary(): string {
  return `canary+${crypto.randomUUID()}/Zq9X`;
}

/** The key that came with a request. */
function keyIn(name: VendorName, sent: { headers: Record<string, string> } | undefined): string {
  const [header, prefix] = headers[name];
  return (sent?.headers[header] ?? "").slice(prefix.length);
}

function says(name: VendorName, text: string): Reply {
  return { chunks: chunks(dialects[name].says(text)) };
}

/** Starts a session's first turn. */
async function start(session: TestSession, model: string): Promise<string> {
  const { realmId, sessionId } = session;
  const runId = uuidv7();
  await session.object().create(realmId, sessionId, { prompt: "Hi", model, run_id: runId });
  return runId;
}

/** Everything that an object has stored, as text; bytes as the text that they would be. */
function everythingIn(stub: DurableObjectStub<RealmObject | SessionObject>): Promise<string> {
  return runInDurableObject(stub, (_, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray()
      .filter(({ name }) => !name.startsWith("_cf_"));
    const rows = tables.flatMap(({ name }) =>
      storage.sql.exec(`SELECT * FROM "${name}"`).toArray(),
    );
    return JSON.stringify(rows, (_key, value: unknown) =>
      value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value,
    );
  });
}

describe("a realm's own key", () => {
  it.each(vendors)("goes to %s in place of the deployment's, and nowhere else", async (name) => {
    const key = canary();
    const session = newSession();
    await credentials(session.realmId).set(name, key, null);
    const played = await vendor(name, says(name, "Hello."));

    const runId = await start(session, played.model);
    const result = await session.object().result(runId);

    expect(keyIn(name, (await played.requests())[0])).toBe(key);
    const shown = [
      result,
      await eventsOf(session),
      await messagesOf(session),
      await session.object().history(0, undefined),
      await session.object().read(),
      await credentials(session.realmId).list(),
      await everythingIn(session.stub()),
      await everythingIn(realmStub(session.realmId)),
    ];
    expect(JSON.stringify(shown)).not.toContain(key);
  });

  it.each(vendors)("is not in what %s says of a failure, even when it echoes it", async (name) => {
    const key = canary();
    const session = newSession();
    await credentials(session.realmId).set(name, key, null);
    const echo = `You sent ${headers[name].join(": ")}${key} and ${key}`;
    const body = JSON.stringify({
      error: { type: "authentication_error", code: 401, message: echo },
    });
    const played = await vendor(name, { status: 401, chunks: [{ data: body }] });
    const logged: string[] = [];
    const { error } = console;
    console.error = (...words) => logged.push(words.map((word) => String(word)).join(" "));

    try {
      const runId = await start(session, played.model);
      const failure = await session
        .object()
        .result(runId)
        .catch((cause: unknown) => cause);

      expect(keyIn(name, (await played.requests())[0])).toBe(key);
      expect(failure).toMatchObject({
        code: "PROVIDER_ERROR",
        message: expect.stringMatching(/401/),
      });
      const { message, details } = failure as { message: string; details?: unknown };
      const shown = [message, details, logged, await eventsOf(session)];
      const stored = [
        await everythingIn(session.stub()),
        await everythingIn(realmStub(session.realmId)),
      ];
      expect(JSON.stringify([shown, stored])).not.toContain(key.slice(7));
    } finally {
      console.error = error;
    }
  });

  it("comes before the config's, which comes before the deployment's", async () => {
    const session = newSession();
    const { realmId } = session;
    const played = await vendor("openai", ...["1", "2", "3"].map((text) => says("openai", text)));
    const runs = async () => {
      const next = newSession(realmId);
      await next.object().result(await start(next, played.model));
      return keyIn("openai", (await played.requests()).at(-1));
    };

    await configure(realmId, { providers: { api_keys: { openai: "sk-of-the-config" } } });
    expect(await runs()).toBe("sk-of-the-config");
    await credentials(realmId).set("openai", "sk-of-the-realm", null);
    expect(await runs()).toBe("sk-of-the-realm");
    await credentials(realmId).delete("openai");
    await configure(realmId, {});
    expect(await runs()).toBe("sk-test-0123456789");
  });

  it("goes to the address that came with it", async () => {
    const session = newSession();
    const played = await vendor("openai", says("openai", "Hello."));
    await credentials(session.realmId).set("openai", canary(), "https://gateway.test/openai/v1");

    await session.object().result(await start(session, played.model));

    expect((await played.requests())[0]?.path).toMatch(/\/openai\/v1\/responses$/);
  });

  it("stays the running turn's when it is replaced; a turn after a crash has the new one", async () => {
    const session = newSession();
    const { realmId } = session;
    const beginning = dialects.anthropic.says("One ", "two ", "three.");
    const played = await vendor(
      "anthropic",
      {
        chunks: chunks(beginning).map((chunk, at) => (at === 3 ? { ...chunk, gate: "on" } : chunk)),
      },
      says("anthropic", "Again."),
    );
    await credentials(realmId).set("anthropic", "sk-first", null);
    const runId = await start(session, played.model);
    const watch = await Watch.open(session, 0);
    await watch.until("text_delta");

    await credentials(realmId).set("anthropic", "sk-second", null);
    await crash(session);
    await session.object().result(runId);
    await played.open("on");

    const sent = await played.requests();
    expect(sent.map((request) => keyIn("anthropic", request))).toEqual(["sk-first", "sk-second"]);
  });

  it("that is deleted while its turn was down ends the turn with the reason", async () => {
    const session = newSession();
    const { realmId } = session;
    const { model } = await vendor("anthropic", { holdHeaders: true });
    const runId = await start(session, model);

    await crash(session);
    await runInDurableObject(realmStub(realmId), (_, { storage }) => {
      storage.sql.exec(
        "INSERT INTO credentials (provider, key_id, iv, sealed, created_at) VALUES ('anthropic', 'gone', ?, ?, 1)",
        new Uint8Array(12),
        new Uint8Array(32),
      );
    });
    const failure = await session
      .object()
      .result(runId)
      .catch((cause: unknown) => cause);

    expect(failure).toMatchObject({
      code: "CONFIGURATION_ERROR",
      message: expect.stringContaining("needs key 'gone'"),
    });
  });

  it("makes its vendor the default", async () => {
    const realmId = newRealm();
    await credentials(realmId).set("gemini", canary(), null);

    expect(await credentials(realmId).own()).toEqual(["gemini"] satisfies ProviderName[]);
  });
});

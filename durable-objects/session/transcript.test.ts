import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import {
  type AppError,
  noUsage,
  partsOf,
  type Remote,
  type RemoteParts,
  unpack,
} from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { dialects, SEAL } from "../providers/wire/dialects.ts";
import { chunks } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import type { TestSession, Vendor } from "../test-support.ts";
import {
  crash,
  eventsOf,
  messagesOf,
  newRealm,
  newSession,
  realmStub,
  vendor,
  Watch,
} from "../test-support.ts";
import { Fork, type ForkRequest } from "./fork.ts";
import type { ForkOrigin, ForkSource } from "./fork-origin.ts";
import type { CreateRequest } from "./intake.ts";
import { IntakeStorage } from "./intake-storage.ts";
import { Journal } from "./journal.ts";
import { SessionStorage } from "./storage.ts";
import { TranscriptRows } from "./transcript-rows.ts";

const { says, calls } = dialects.anthropic;
const plan = { id: "call_1", name: "update_plan", args: { steps: [] } };

function reply(frames: readonly string[]): Reply {
  return { chunks: chunks(frames) };
}

/** A session that has run a turn for each prompt. */
async function talked(
  { model }: Vendor,
  prompts: readonly string[],
  request: Partial<CreateRequest> = {},
): Promise<TestSession> {
  const session = newSession();
  const [first = "", ...others] = prompts;
  const run_id = uuidv7();
  const created = { prompt: first, model, run_id, ...request };
  await session.object().create(session.realmId, session.sessionId, created);
  await session.object().result(run_id);
  for (const prompt of others) await say(session, prompt);
  return session;
}

async function say(session: TestSession, prompt: string, request: object = {}): Promise<void> {
  const run_id = uuidv7();
  await session.object().startTurn({ run_id, prompt, ...request });
  await session.object().result(run_id);
}

async function fork(source: TestSession, request: Partial<ForkRequest> = {}): Promise<TestSession> {
  const made = newSession(source.realmId);
  const { sessionId: from_session_id } = source;
  const asked = { from_session_id, idempotency_key: uuidv7(), ...request };
  await made.object().fork(made.realmId, made.sessionId, asked);
  return made;
}

function rewind(session: TestSession, turns = 1, idempotency_key: string = uuidv7()) {
  return session.object().rewind({ turns, idempotency_key });
}

async function refusal(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (cause) {
    return cause as AppError;
  }
  throw new Error("it was not refused");
}

/** A session in storage with so many messages, that never ran a turn. */
async function long(messages: readonly StoredMessage[]): Promise<TestSession> {
  const session = newSession();
  const { realmId, sessionId } = session;
  await runInDurableObject(session.stub(), (_, { storage }) => {
    const identity = { model: "demo", provider: "demo" as const, providerParams: {} };
    const state = { reservedUntil: 1, identity, usage: noUsage, updatedAt: 1 };
    new SessionStorage(storage).create(
      { sessionId, realmId, createdAt: 1, labels: {} },
      {
        entries: [],
        first: 1,
        last: 1,
        state: { ...state, messageCount: messages.length },
        messages,
      },
    );
  });
  await evictDurableObject(session.stub());
  return session;
}

function many(count: number): StoredMessage[] {
  const created_at = "2026-11-22T10:00:00.000Z";
  const system: StoredMessage = { role: "system", content: "Be brief.", created_at };
  const user = (nth: number): StoredMessage => ({
    role: "user",
    content: `message ${nth}`,
    created_at,
    opensTurn: true,
  });
  return [system, ...Array.from({ length: count - 1 }, (_, nth) => user(nth + 1))];
}

/** A fork inside a target's object whose source is another one's, with a say in what happens to its pages. */
async function forkInside(
  target: TestSession,
  source: TestSession,
  key: string,
  onPage: (state: DurableObjectState, nth: number) => unknown,
): Promise<void> {
  await runInDurableObject(target.stub(), async (_, state) => {
    let nth = 0;
    const real = source.object();
    const watched: Remote<ForkSource> = {
      forkOrigin: (at) => real.forkOrigin(at),
      forkRows: async (origin, after) => {
        await onPage(state, (nth += 1));
        return real.forkRows(origin, after);
      },
    };
    const nobody = { publish() {}, publishDelta() {}, flush() {} };
    const intake = new IntakeStorage(state.storage.sql);
    const storages = { rows: new TranscriptRows(state.storage), intake };
    const copy = new Fork(new Journal(new SessionStorage(state.storage), nobody), storages, {
      source: () => watched,
      wakeLater: () => state.waitUntil(state.storage.setAlarm(Date.now() + 60_000)),
    });
    await copy.begin(target, { from_session_id: source.sessionId, idempotency_key: key });
  });
}

function tablesOf(session: TestSession): Promise<string[]> {
  return runInDurableObject(session.stub(), (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray()
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("_cf")),
  );
}

async function listed({ realmId }: TestSession) {
  const realm: RemoteParts<RealmParts> = partsOf(realmStub(realmId));
  return await realm.directory.list({ limit: 50, offset: 0, labels: {} });
}

async function texts(session: TestSession): Promise<unknown[]> {
  const { messages } = await unpack(await session.object().history(0));
  return messages.map((message) =>
    message.role === "block_assistant"
      ? message.blocks.map(({ data }) => ("text" in data ? data.text : "")).join("")
      : "content" in message && message.content,
  );
}

describe("a fork", () => {
  it.each(["anthropic", "openai", "gemini"] as const)(
    "asks %s just what its source would ask, seals included",
    async (name) => {
      const dialect = dialects[name];
      const model = await vendor(
        name,
        reply(dialect.calls([plan], "I plan")),
        reply(dialect.thinks("Done", "Planned.")),
        reply(dialect.says("Once.")),
        reply(dialect.says("Twice.")),
      );
      const source = await talked(model, ["Plan it"], { enable_builtins: true });

      const made = await fork(source);
      await say(made, "And now?", { enable_builtins: true });
      await say(source, "And now?", { enable_builtins: true });

      const [, , ofFork, ofSource] = await model.requests();
      const expected = ofSource?.body.replaceAll(source.sessionId, made.sessionId);
      expect(ofFork?.body).toBe(expected);
      expect(ofFork?.body).toContain(SEAL);
      expect(dialect.order(ofFork?.body ?? "").at(-1)).toBe("user");
    },
  );

  it("takes over model, labels and messages, and counts its own tokens", async () => {
    const model = await vendor("anthropic", reply(says("One.")), reply(says("Two.")));
    const source = await talked(model, ["1", "2"], { labels: { team: "infra" } });

    const made = await fork(source, { at: 3 });
    const relabelled = await fork(source, { labels: { team: "web" } });

    expect(await messagesOf(made)).toEqual((await messagesOf(source)).slice(0, 3));
    expect(await made.object().read()).toMatchObject({
      model: model.model,
      message_count: 3,
      total_tokens: 0,
      last_assistant_text: "One.",
      labels: { team: "infra" },
    });
    expect(await eventsOf(made)).toMatchObject([
      { type: "session_forked", seq: 1, from_session_id: source.sessionId, at: 3 },
    ]);
    const rows = await listed(source);
    expect(rows.map(({ session_id }) => session_id).toSorted()).toEqual(
      [source, made, relabelled].map(({ sessionId }) => sessionId).toSorted(),
    );
    expect(await relabelled.object().read()).toMatchObject({ labels: { team: "web" } });
  });

  it("is made once for a key, and the key serves nothing else", async () => {
    const source = await long(many(5));
    const made = newSession(source.realmId);
    const ask = (at: number, from = source) =>
      made.object().fork(made.realmId, made.sessionId, {
        from_session_id: from.sessionId,
        at,
        idempotency_key: "again",
      });

    const answers = [...(await Promise.all([ask(3), ask(3)])), await ask(3)];

    expect(answers).toEqual([{ messageCount: 3 }, { messageCount: 3 }, { messageCount: 3 }]);
    expect(await refusal(ask(4))).toMatchObject({ code: "CONFLICT" });
    expect(await messagesOf(made)).toHaveLength(3);
  });

  it("is refused where calls of tools would lose their results", async () => {
    const model = await vendor("anthropic", reply(calls([plan])), reply(says("Planned.")));
    const source = await talked(model, ["Plan it"], { enable_builtins: true });

    const inside = await refusal(fork(source, { at: 3 }));
    const beyond = await refusal(fork(source, { at: 9 }));

    expect(inside).toMatchObject({
      code: "INVALID_PARAMS",
      details: { allowed: [2, 4], message_count: 5 },
    });
    expect(beyond).toMatchObject({
      code: "INVALID_PARAMS",
      details: { allowed: [5], message_count: 5 },
    });
    expect(await messagesOf(await fork(source, { at: 4 }))).toHaveLength(4);
  });

  it("of a running session stops before calls that are still open", async () => {
    const model = await vendor(
      "anthropic",
      reply(calls([{ id: "call_1", name: "ask", args: {} }])),
      reply(says("Instead.")),
    );
    const source = newSession();
    const run_id = uuidv7();
    const ask = { name: "ask", description: "", input_schema: { type: "object" } };
    const request = { prompt: "Ask me", model: model.model, run_id, external_tools: [ask] };
    await source.object().create(source.realmId, source.sessionId, request);
    await refusal(source.object().result(run_id, 0, true));

    const made = await fork(source);
    await say(made, "Never mind");

    expect(await refusal(fork(source, { at: 3 }))).toMatchObject({ details: { allowed: [2] } });
    expect(await texts(made)).toEqual([expect.any(String), "Ask me", "Never mind", "Instead."]);
    const [, asked] = await model.requests();
    // The session's own tools came along.
    expect(JSON.parse(asked?.body ?? "{}")).toMatchObject({ tools: [{ name: "ask" }] });
    expect(await source.object().pending()).toHaveLength(1);
  });

  it("of an archived session is a live one, of an unknown one leaves no trace", async () => {
    const source = await long(many(3));
    await source.object().archive();
    const nobody = newSession();
    const made = newSession(nobody.realmId);
    const request = { from_session_id: nobody.sessionId, idempotency_key: "k" };

    expect(await (await fork(source)).object().read()).toMatchObject({ message_count: 3 });
    expect(await refusal(made.object().fork(made.realmId, made.sessionId, request))).toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
    expect(await tablesOf(made)).toEqual([]);
  });

  it("cannot reach a session of another realm", async () => {
    const source = await long(many(3));
    const made = newSession(newRealm());
    const request = { from_session_id: source.sessionId, idempotency_key: "k" };

    const refused = await refusal(made.object().fork(made.realmId, made.sessionId, request));

    expect(refused).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("copies 10,000 messages and a huge one in pages of about a MiB", async () => {
    const messages = many(10_000);
    const huge = "a👋é世".repeat(2_000_000);
    const source = await long(
      messages.with(5_000, { role: "user", content: huge, created_at: "" }),
    );
    const sizes: { chars: number; rows: number }[] = [];
    const origin: ForkOrigin = await source.object().forkOrigin(undefined);
    for (let after = { position: -1, part: 0 }; ;) {
      const page = await source.object().forkRows(origin, after);
      const last = page.at(-1);
      if (!last) break;
      after = { position: last.position, part: last.part };
      sizes.push({ chars: JSON.stringify(page).length, rows: page.length });
    }

    const made = await fork(source);

    expect(Math.max(...sizes.map(({ chars }) => chars))).toBeLessThan(1.5 * 1024 * 1024);
    expect(Math.max(...sizes.map(({ rows }) => rows))).toBeLessThanOrEqual(2_000);
    const copied = await messagesOf(made);
    expect(copied).toHaveLength(10_000);
    expect(copied[5_000]).toMatchObject({ content: huge });
    expect(copied.with(5_000, messages[5_000]!)).toEqual(messages);
  });

  it("that a crash cut off is no session, and is made whole by asking again", async () => {
    const source = await long(many(5_000));
    const target = newSession(source.realmId);
    const key = uuidv7();
    await refusal(
      forkInside(target, source, key, (state, nth) => {
        if (nth === 2) state.abort("killed by the test");
      }),
    );

    expect(await refusal(target.object().read())).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(await listed(target)).toEqual([]);

    const request = { from_session_id: source.sessionId, idempotency_key: key };
    await target.object().fork(target.realmId, target.sessionId, request);
    expect(await messagesOf(target)).toEqual(await messagesOf(source));
    expect(await listed(target)).toMatchObject([{ session_id: target.sessionId }]);
  });

  it("that nobody asks for again after a crash is swept away", async () => {
    const source = await long(many(3_000));
    const target = newSession(source.realmId);
    await refusal(
      forkInside(target, source, "key", (state, nth) => {
        if (nth === 2) state.abort("killed by the test");
      }),
    );
    expect(await tablesOf(target)).toContain("messages");

    await runDurableObjectAlarm(target.stub());

    expect(await tablesOf(target)).toEqual([]);
  });

  it("is given up when its source is rewound under it", async () => {
    const source = await long(many(3_000));
    const target = newSession(source.realmId);

    const refused = await refusal(
      forkInside(target, source, "key", async (_, nth) => {
        if (nth === 2) await rewind(source);
      }),
    );

    expect(refused).toMatchObject({ code: "CONFLICT", details: { reason: "source_rewound" } });
    expect(await refusal(target.object().read())).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("that a crash cut off is no hindrance to a session that is created in its place", async () => {
    const source = await long(many(3_000));
    const target = newSession(source.realmId);
    await refusal(
      forkInside(target, source, "key", (state, nth) => {
        if (nth === 2) state.abort("killed by the test");
      }),
    );

    await target.object().create(target.realmId, target.sessionId, { model: "demo" });

    expect(await texts(target)).toHaveLength(1);
    const request = { from_session_id: source.sessionId, idempotency_key: "key" };
    expect(
      await refusal(target.object().fork(target.realmId, target.sessionId, request)),
    ).toMatchObject({ code: "CONFLICT" });
  });

  it("can undo turns that it took over", async () => {
    const model = await vendor("anthropic", reply(says("One.")), reply(says("Two.")));
    const made = await fork(await talked(model, ["1", "2"]));

    await rewind(made);

    expect((await texts(made)).slice(1)).toEqual(["1", "One."]);
  });
});

describe("a rewind", () => {
  it("takes the newest turns out of what the model sees, and tells its watchers", async () => {
    const model = await vendor(
      "anthropic",
      reply(says("One.")),
      reply(calls([plan])),
      reply(says("Two.")),
      reply(says("Three.")),
      reply(says("Other.")),
    );
    const builtins = { enable_builtins: true };
    const session = await talked(model, ["1"], builtins);
    await say(session, "2", builtins);
    await say(session, "3", builtins);
    const before = await messagesOf(session);
    const watch = await Watch.open(session);

    const rewound = await rewind(session, 2);
    await say(session, "Another way", builtins);

    const told = await watch.until("session_rewound");
    expect(rewound).toEqual({ messageCount: 3, removedMessages: 6, seq: told.seq });
    expect(told).toMatchObject({ turns: 2, message_count: 3, removed_messages: 6 });
    const shown = ["1", "One.", "Another way", "Other."];
    expect((await texts(session)).slice(1)).toEqual(shown);
    const requests = await model.requests();
    expect(dialects.anthropic.order(requests.at(-1)?.body ?? "")).toEqual([
      "user",
      "assistant",
      "user",
    ]);
    // An object that starts anew reads the same from storage.
    await evictDurableObject(session.stub());
    expect((await texts(session)).slice(1)).toEqual(shown);
    const kept = await unpack(await session.object().history(0, undefined, rewound.seq));
    expect(kept).toMatchObject({ message_count: 6, has_more: false });
    expect(kept.messages).toEqual(
      before.slice(3).map(({ native: _native, opensTurn: _mark, ...message }) => message),
    );
    const rest = await unpack(await session.object().history(4, 1, rewound.seq));
    expect(rest).toMatchObject({ offset: 4, has_more: true, messages: [{ content: "3" }] });
  });

  it("is on the list at once, and keeps what was spent", async () => {
    const model = await vendor("anthropic", reply(says("One.")), reply(says("Two.")));
    const session = await talked(model, ["1", "2"]);
    const { total_tokens } = await session.object().read();

    await rewind(session);

    expect(await listed(session)).toMatchObject([{ message_count: 3, total_tokens }]);
    expect(await session.object().read()).toMatchObject({
      message_count: 3,
      total_tokens,
      last_assistant_text: "One.",
    });
  });

  it("may follow another one, with turns between them", async () => {
    const replies = ["One.", "Two.", "Three.", "Four."].map((text) => reply(says(text)));
    const session = await talked(await vendor("anthropic", ...replies), ["1", "2"]);

    const first = await rewind(session);
    await say(session, "3");
    const second = await rewind(session);
    await say(session, "4");
    await evictDurableObject(session.stub());

    expect((await texts(session)).slice(1)).toEqual(["1", "One.", "4", "Four."]);
    for (const [{ seq }, content] of [
      [first, "2"],
      [second, "3"],
    ] as const) {
      const kept = await unpack(await session.object().history(0, undefined, seq));
      expect(kept.messages[0]).toMatchObject({ content });
    }
  });

  it("is made once for a key", async () => {
    const session = await long(many(5));

    const first = await rewind(session, 1, "key");
    const again = await rewind(session, 1, "key");

    expect(again).toEqual(first);
    expect(await refusal(rewind(session, 2, "key"))).toMatchObject({ code: "CONFLICT" });
    expect(await session.object().read()).toMatchObject({ message_count: 4 });
  });

  it("of more turns than there are is refused and changes nothing", async () => {
    const session = await long(many(4));
    const [before] = [await session.object().read()];

    const refused = await refusal(rewind(session, 4));

    expect(refused).toMatchObject({ code: "INVALID_PARAMS", details: { turns: 3 } });
    expect(await session.object().read()).toEqual(before);
    await rewind(session, 3);
    expect(await texts(session)).toEqual(["Be brief."]);
    expect(await refusal(rewind(session))).toMatchObject({ details: { turns: 0 } });
  });

  it("is refused while a turn runs, and leaves waiting ones alone", async () => {
    const model = await vendor(
      "anthropic",
      reply(says("One.")),
      {
        chunks: chunks(says("Two.")).map((chunk, at) =>
          at === 1 ? { ...chunk, gate: "go" } : chunk,
        ),
      },
      reply(says("Three.")),
    );
    const session = await talked(model, ["1"]);
    const [running, waiting] = [uuidv7(), uuidv7()];
    await session.object().startTurn({ run_id: running, prompt: "2" });
    await session.object().startTurn({ run_id: waiting, prompt: "3", handling_mode: "queue" });

    const refused = await refusal(rewind(session));
    await model.open("go");
    await session.object().result(waiting);

    expect(refused).toMatchObject({ code: "SESSION_BUSY", details: { run_id: running } });
    expect((await texts(session)).slice(1)).toEqual(["1", "One.", "2", "Two.", "3", "Three."]);
  });

  it("undoes what a turn brought, not what had waited for it", async () => {
    const model = await vendor("anthropic", reply(says("One.")), reply(says("Two.")));
    const session = await talked(model, ["1"]);
    const created_at = new Date().toISOString();
    const event = { role: "user" as const, content: "Deployed.", created_at };
    await session.object().note(event, undefined, false);
    await say(session, "2", { system_prompt: "Be rude." });

    await rewind(session);

    expect((await texts(session)).slice(1)).toEqual(["1", "One.", "Deployed."]);
  });

  it("takes a prompt that joined a turn along with that turn", async () => {
    const model = await vendor(
      "anthropic",
      {
        chunks: chunks(says("One.")).map((chunk, at) =>
          at === 1 ? { ...chunk, gate: "go" } : chunk,
        ),
      },
      reply(says("Two.")),
    );
    const session = newSession();
    const run_id = uuidv7();
    const request = { prompt: "1", model: model.model, run_id };
    await session.object().create(session.realmId, session.sessionId, request);
    await session.object().startTurn({ run_id: uuidv7(), prompt: "More", handling_mode: "steer" });
    await model.open("go");
    await session.object().result(run_id);
    expect((await texts(session)).slice(1)).toEqual(["1", "One.", "More", "Two."]);

    await rewind(session);

    expect(await texts(session)).toHaveLength(1);
  });

  it("holds after a crash", async () => {
    const session = await long(many(5));
    const rewound = await rewind(session, 2, "key");
    await crash(session);

    expect(await session.object().read()).toMatchObject({ message_count: 3 });
    expect(await rewind(session, 2, "key")).toEqual(rewound);
  });

  it("is not to be had of an unknown or archived session, nor is what never was", async () => {
    const session = await long(many(2));
    const history = session.object().history(0, undefined, 1);
    expect(await refusal(history)).toMatchObject({ code: "INVALID_PARAMS" });
    await session.object().archive();

    expect(await refusal(rewind(session))).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(await refusal(rewind(newSession()))).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});

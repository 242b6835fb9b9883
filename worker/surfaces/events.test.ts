import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { dialects } from "../../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../../durable-objects/providers/wire/openai.ts";
import type { Reply } from "../../durable-objects/providers/wire/script.ts";
import type { Vendor } from "../../durable-objects/test-support.ts";
import { crash, newRealm, newSession, vendor } from "../../durable-objects/test-support.ts";
import { EventReader, get, is, joined, post, request, send } from "../test-support.ts";
import type { Frame } from "../test-support.ts";

const { says, thinks, calls } = dialects.anthropic;

/** A session with a model of its own, of which the first turn has yet to come. */
async function deferred(
  ...replies: Reply[]
): Promise<{ path: string; model: Vendor; id: string; realm: string }> {
  const model = await vendor("anthropic", ...replies);
  const realm = newRealm();
  const body = { initial_turn: "deferred", model: model.model, enable_builtins: true };
  const created = await post<{ session_id: string }>(`/realms/${realm}/sessions`, body);
  const id = created.body.session_id;
  return { path: `/realms/${realm}/sessions/${id}`, model, id, realm };
}

function reply(frames: readonly string[]): Reply {
  return { chunks: chunks(frames) };
}

/** Each frame waits for its own gate, so that a test decides when each event happens. */
function stepwise(frames: readonly string[]): Reply {
  return { chunks: chunks(frames).map((chunk, at) => ({ ...chunk, gate: `g${at}` })) };
}

function turn(path: string, request: object = {}): ReturnType<typeof post> {
  return post(`${path}/messages`, { prompt: "Go", enable_builtins: true, ...request });
}

const ended = is("run_completed");

describe("a session's feed", () => {
  it("starts with session_loaded and says when it is live", async () => {
    const { path, id } = await deferred(reply(says("One.")));
    await turn(path);

    const feed = await EventReader.open(`${path}/events?after=0`);
    await feed.until(({ comment }) => comment === "caught_up");

    expect(feed.frames[0]?.raw).toBe(
      `event: session_loaded\ndata: {"session_id":"${id}","message_count":3}\n\n`,
    );
    const events = feed.frames.filter(({ id }) => id !== undefined);
    expect(events.map(({ event }) => event)).toEqual([
      "run_started",
      "turn_started",
      "text_delta",
      "text_complete",
      "turn_completed",
      "run_completed",
    ]);
    for (const frame of events) {
      expect(frame.raw).toBe(
        `id: ${frame.data.seq}\nevent: ${frame.data.type}\ndata: ${JSON.stringify(frame.data)}\n\n`,
      );
    }
    expect(feed.frames.at(-1)?.comment).toBe("caught_up");
    await feed.cut();
  });

  it("is an uncached event stream", async () => {
    const { path } = await deferred();
    const response = await send(`${path}/events`);

    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
    await response.body?.cancel();
  });

  it("opened before a turn shows every event of it", async () => {
    const { path } = await deferred(
      reply(calls([{ id: "call-1", name: "datetime", args: {} }], "Hm.")),
      reply(says("One ", "two.")),
    );
    const feed = await EventReader.open(`${path}/events`);
    await feed.until(({ comment }) => comment === "caught_up");

    await turn(path);
    await feed.until(ended);

    const whole = await EventReader.open(`${path}/events?after=0`);
    await whole.until(ended);
    expect(feed.told).toBe(whole.told);
    expect(feed.frames.map(({ data }) => data.type)).toContain("tool_execution_completed");
    await Promise.all([feed.cut(), whole.cut()]);
  });

  it("shows a turn that runs from its start to a client without a cursor", async () => {
    const frames = says("One ", "two ", "three.");
    const { path, model } = await deferred(reply(says("Before.")), stepwise(frames));
    await turn(path);
    const early = await EventReader.open(`${path}/events`);
    const running = turn(path);
    for (const gate of [0, 1, 2, 3]) await model.open(`g${gate}`);
    await early.until(({ data }) => data.delta === "two ");

    const joiner = await EventReader.open(`${path}/events`);
    const first = await joiner.until(({ id }) => id !== undefined);
    for (const gate of frames.keys()) await model.open(`g${gate}`);
    await joiner.until(ended);
    await early.until(ended);
    await running;

    expect(first.event).toBe("run_started");
    expect(joiner.told).toBe(early.told);
    await Promise.all([joiner.cut(), early.cut()]);
  });

  it("starts at the newest event of an idle session for a client without a cursor", async () => {
    const { path } = await deferred(reply(says("One.")), reply(says("Two.")));
    await turn(path);
    const feed = await EventReader.open(`${path}/events`);
    await feed.until(({ comment }) => comment === "caught_up");

    expect(feed.told).toBe("");

    await turn(path);
    await feed.until(ended);
    expect(feed.frames.filter(is("run_started"))).toHaveLength(1);
    await feed.cut();
  });

  it("goes on in mid-turn after a cursor among deltas that only memory holds", async () => {
    const frames = says("One ", "two ", "three.");
    const { path, model } = await deferred(stepwise(frames));
    const whole = await EventReader.open(`${path}/events`);
    const running = turn(path);
    for (const gate of [0, 1, 2, 3, 4]) await model.open(`g${gate}`);
    const { id = "" } = await whole.until(({ data }) => data.delta === "One ");
    await whole.until(({ data }) => data.delta === "three.");

    const resumed = await EventReader.open(`${path}/events?after=${id}`);
    await resumed.until(({ data }) => data.delta === "three.");
    for (const gate of frames.keys()) await model.open(`g${gate}`);
    await resumed.until(ended);
    await whole.until(ended);
    await running;

    expect(whole.told.endsWith(resumed.told)).toBe(true);
    expect(resumed.frames.find(({ id }) => id !== undefined)?.data.delta).toBe("two ");
    await Promise.all([resumed.cut(), whole.cut()]);
  });

  it("is the same for two clients that attach at once", async () => {
    const { path } = await deferred(reply(says("One ", "two.")), reply(says("Three.")));
    await turn(path);

    const feeds = await Promise.all([0, 1].map(() => EventReader.open(`${path}/events?after=3`)));
    await turn(path);
    for (const feed of feeds) await feed.until(ended).then(() => feed.until(ended));

    expect(feeds[0]?.told).toBe(feeds[1]?.told);
    await Promise.all(feeds.map((feed) => feed.cut()));
  });

  it("says done and ends when the session is archived", async () => {
    const { path } = await deferred(reply(says("One.")));
    await turn(path);
    const feed = await EventReader.open(`${path}/events?after=0`);
    await feed.until(ended);

    await request("DELETE", path);
    const frames = await feed.toEnd();

    expect(frames.at(-1)?.raw).toBe("event: done\ndata: {}\n\n");
    expect(await get(`${path}/events`)).toMatchObject({
      status: 404,
      body: { code: "SESSION_NOT_FOUND" },
    });
  });

  it("survives a crash of the session without the client noticing", async () => {
    const { path, realm, id } = await deferred(
      { chunks: chunks(says("One ", "two.").slice(0, 3)), end: "hang" },
      reply(says("One ", "two.")),
    );
    const feed = await EventReader.open(`${path}/events`);
    const running = turn(path);
    await feed.until(is("text_delta"));

    await crash(newSession(realm, id));
    await feed.until(ended);

    expect((await running).body).toMatchObject({ text: "One two." });
    const after = await EventReader.open(`${path}/events?after=0`);
    await after.until(ended);
    expect(feed.frames.map(({ event }) => event)).toContain("step_restarted");
    const ids = feed.frames.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]));
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    const restarted = feed.frames.findIndex(is("step_restarted"));
    expect(after.told.endsWith(joined(feed.frames.slice(restarted)))).toBe(true);
    await Promise.all([feed.cut(), after.cut()]);
  });
});

describe("a feed that is cut", () => {
  const first = calls([{ id: "call-1", name: "datetime", args: {} }], "Hm.");
  const second = thinks("I see.", "One ", "two ", "three.");
  let whole: EventReader;
  let joinedOutputs: Map<string, string>;

  /** Reads to the cut, hangs up in the middle of the turn, and goes on after the last event it saw. */
  async function cutAfter(path: string, place: number, attached: () => void): Promise<string> {
    const before = await EventReader.open(`${path}/events`);
    await before.until(({ comment }) => comment === "caught_up");
    attached();
    let last: Frame | undefined;
    for (let seen = 0; seen < place; seen += 1)
      last = await before.until(({ id }) => id !== undefined);
    await before.cut();
    const cursor = last?.id ?? "0";
    const after = await EventReader.open(`${path}/events`, { "last-event-id": cursor });
    if (last?.event !== "run_completed") await after.until(ended);
    await after.cut();
    return before.told + after.told;
  }

  beforeAll(async () => {
    const { path, model } = await deferred(stepwise(first), {
      chunks: chunks(second).map((chunk, at) => ({ ...chunk, gate: `h${at}` })),
    });
    whole = await EventReader.open(`${path}/events`);
    const places = Array.from({ length: 18 }, (_, place) => place);
    const attached = places.map(() => Promise.withResolvers<void>());
    const cuts = places.map((place) =>
      cutAfter(path, place, attached[place]?.resolve ?? (() => {})),
    );
    await Promise.all(attached.map(({ promise }) => promise));

    const running = turn(path);
    // One frame of the vendor's at a time: every cut below falls between two of them.
    for (const at of first.keys()) await model.open(`g${at}`).then(() => get(path));
    await whole.until(is("tool_result_received"));
    for (const at of second.keys()) await model.open(`h${at}`).then(() => get(path));
    await running;
    await whole.until(ended);
    const outputs = await Promise.all(cuts);
    joinedOutputs = new Map(outputs.map((output, place) => [`${place}`, output]));
    await whole.cut();
  });

  it("is tried at every event of a turn with thinking and a tool", () => {
    expect(whole.frames.filter(({ id }) => id !== undefined)).toHaveLength(17);
  });

  it.each(Array.from({ length: 18 }, (_, place) => `${place}`))(
    "after event %s joins its two parts to what an uncut one shows, byte for byte",
    (place) => {
      expect(joinedOutputs.get(place)).toBe(whole.told);
    },
  );
});

describe("a cursor", () => {
  it("above the newest event is an error that names that event", async () => {
    const { path } = await deferred(reply(says("One.")));
    await turn(path);
    const { body } = await get<{ last_seq: number }>(path);

    const refused = await get(`${path}/events?after=${body.last_seq + 1}`);

    expect(refused).toMatchObject({
      status: 400,
      body: {
        code: "BAD_REQUEST",
        details: { reason: "ahead_of_latest", latest: body.last_seq },
      },
    });
    const exact = await EventReader.open(`${path}/events?after=${body.last_seq}`);
    await exact.until(({ comment }) => comment === "caught_up");
    expect(exact.told).toBe("");
    await exact.cut();
  });

  it.each(["abc", "-1", "1.5", "1e3", "0x10", "9999999999999999", "1 2"])(
    "of %j is refused by query and by header",
    async (cursor) => {
      const { path } = await deferred();

      const query = await get(`${path}/events?after=${encodeURIComponent(cursor)}`);
      const header = await request("GET", `${path}/events`, {
        headers: { "last-event-id": cursor },
      });

      expect(query).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
      expect(header).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
    },
  );

  it("in the header counts more than one in the URL", async () => {
    const { path } = await deferred(reply(says("One.")));
    await turn(path);

    const feed = await EventReader.open(`${path}/events?after=0`, { "last-event-id": "3" });
    const first = await feed.until(({ id }) => id !== undefined);

    expect(first.id).toBe("4");
    await feed.cut();
  });

  it("of a session that nobody created is no cursor at all", async () => {
    const refused = await get(`/sessions/${crypto.randomUUID()}/events?after=0`);

    expect(refused).toMatchObject({ status: 404, body: { code: "SESSION_NOT_FOUND" } });
  });

  it("does not open another realm's session", async () => {
    const { path, id } = await deferred(reply(says("One.")));
    await turn(path);

    expect(await get(`/realms/${newRealm()}/sessions/${id}/events?after=0`)).toMatchObject({
      status: 404,
    });
  });
});

/** Much talk: more than any buffer holds. */
const flood = says(...Array.from({ length: 3_000 }, (_, at) => `${at} `.padEnd(400, "x")));

describe("a long backlog", () => {
  it("is read in pages without a gap", async () => {
    const { path } = await deferred(reply(flood), reply(says("The end.")));
    await turn(path);

    const feed = await EventReader.open(`${path}/events?after=0`);
    await feed.until(ended);
    await turn(path);
    await feed.until(ended);

    const events = feed.frames.filter(({ id }) => id !== undefined);
    const deltas = events.filter(is("text_delta"));
    expect(deltas).toHaveLength(3_001);
    expect(deltas.slice(0, -1).map(({ data }) => parseInt(data.delta ?? "", 10))).toEqual(
      Array.from({ length: 3_000 }, (_, at) => at),
    );
    expect(feed.told.length).toBeGreaterThan(1024 * 1024);
    await feed.cut();
  });
});

describe("a client that reads too slowly", () => {
  it("is ended with its cursor, loses nothing, and harms nobody", async () => {
    const { path } = await deferred(reply(flood));
    const slow = await EventReader.open(`${path}/events`);
    const fast = await EventReader.open(`${path}/events`);
    const running = turn(path);
    await fast.until(ended);
    await running;

    const frames = await slow.toEnd();

    const end = frames.at(-1);
    expect(end).toMatchObject({
      event: "stream_end",
      data: { outcome: "terminal_error", error: { code: "stream_queue_overflow" } },
    });
    const cursor = Number(end?.data["cursor"]);
    expect(frames.findLast(({ id }) => id !== undefined)?.id).toBe(String(cursor));
    const rest = await EventReader.open(`${path}/events`, { "last-event-id": String(cursor) });
    await rest.until(ended);
    expect(slow.told + rest.told).toBe(fast.told);
    await Promise.all([fast.cut(), rest.cut()]);
  });

  it("lets go of the session's object", async () => {
    const { path, realm, id } = await deferred(reply(flood));
    const slow = await EventReader.open(`${path}/events`);
    await turn(path);
    await slow.toEnd();

    const sockets = await runInDurableObject(
      newSession(realm, id).stub(),
      (_, state) => state.getWebSockets().length,
    );

    expect(sockets).toBe(0);
  });
});

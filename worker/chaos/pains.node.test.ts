import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { play } from "./chaos-run.node.ts";
import { Dice } from "./dice.node.ts";
import { checkSession } from "./invariants.node.ts";
import { joinedView, shown } from "./joined.node.ts";
import { inner } from "./json.node.ts";
import { Rig, type RigSession, transports } from "./rig.node.ts";
import { scenarios } from "./scenarios.node.ts";
import { ChaosServer } from "./server.node.ts";
import { text } from "./story.node.ts";
import { held, paced, type Vendor, vendors } from "./vendor.node.ts";
import { Vendors } from "./vendors.node.ts";

// What users of the peers suffer from, each under its own name; all on a real server, from outside.

const [anthropic] = vendors;
const chat = vendors.at(-1);
if (!anthropic || !chat) throw new Error("no vendors");
const clock = { id: "call-clock", name: "datetime", args: {} };
const SECONDS = 1_000;
let rig: Rig;

beforeAll(async () => {
  rig = await Rig.set();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** A vendor that says its words one every few milliseconds. */
function flowing(vendor: Vendor, step = 0) {
  return (attempt: number) => paced(vendor.says(text(step, attempt)), 3);
}

/** All that holds for a session at rest; clients that came later are held to the log from where they came. */
async function checkAtRest(session: RigSession, views: ReturnType<Rig["follow"]>[] = []) {
  const [log, history] = await Promise.all([
    rig.rest.log(session.id),
    rig.rest.history(session.id),
  ]);
  const newest = log.at(-1)?.seq ?? 0;
  for (const view of views) {
    await view.until(10 * SECONDS, `event ${newest}`, () => view.cursor >= newest);
  }
  checkSession({ log, history, views, upstream: session.upstream });
  return log;
}

describe("attach/drain race", () => {
  it("loses and doubles nothing for clients that join at every moment of a stream", async () => {
    const session = await rig.session(anthropic, [flowing(anthropic)]);
    const first = rig.follow("SSE", session);
    const turn = rig.turn(session, "go");
    const views = [first];
    for (let count = 1; count <= 24; count += 1) {
      await first.until(10 * SECONDS, `${count} events`, (seen) => seen.length >= count);
      views.push(...transports.map((transport) => rig.follow(transport, session)));
    }

    expect((await turn).status).toBe(200);
    await checkAtRest(session, views);
    await rig.leave();
  }, 60_000);
});

describe("double-attach", () => {
  it("is told the same, byte for byte, twice at once from the same cursor", async () => {
    const session = await rig.session(anthropic, [flowing(anthropic)]);
    await rig.turn(session, "go");

    for (const after of [0, 3, 9]) {
      const [one, two] = [rig.follow("SSE", session, after), rig.follow("SSE", session, after)];
      await checkTail(session, after, [one, two]);
      expect(one.seen.map(shown)).toEqual(two.seen.map(shown));
    }
    await rig.leave();
  }, 30_000);
});

/** Views that began after a cursor hold exactly the rest of the log. */
async function checkTail(session: RigSession, after: number, views: ReturnType<Rig["follow"]>[]) {
  const rest = (await rig.rest.log(session.id)).filter(({ seq }) => seq > after).map(shown);
  for (const view of views) {
    await view.until(10 * SECONDS, `${rest.length} events`, (seen) => seen.length >= rest.length);
    expect(view.seen.map(shown)).toEqual(rest);
  }
}

describe("cursor at every position × every transport", () => {
  it.each(transports)(
    "tells exactly what follows over %s",
    async (transport) => {
      const calls = () => anthropic.calls([clock]);
      const session = await rig.session(anthropic, [
        calls,
        () => anthropic.says("a few words only"),
      ]);
      await rig.turn(session, "go");
      const log = await rig.rest.log(session.id);

      const newest = log.at(-1)?.seq ?? 0;
      expect(newest).toBeGreaterThan(0);
      for (let after = 0; after < newest; after += 1) {
        await checkTail(session, after, [rig.follow(transport, session, after)]);
      }
      await rig.leave();
    },
    60_000,
  );
});

describe("refresh at every event", () => {
  it("shows a client that reloads after each event the same as everybody", async () => {
    const session = await rig.session(anthropic, [
      () => anthropic.calls([clock]),
      flowing(anthropic, 1),
    ]);
    const [steady, restless] = [rig.follow("SSE", session), rig.follow("SSE", session, 0, 1)];
    expect((await rig.turn(session, "go")).status).toBe(200);

    await checkAtRest(session, [steady, restless]);
    expect(joinedView(restless.seen)).toEqual(joinedView(steady.seen));
    await rig.leave();
  }, 30_000);
});

describe("terminal-before-cursor", () => {
  it("says at once that nothing is missing, tells the result again, and refuses what never was", async () => {
    const session = await rig.session(anthropic, []);
    const { body } = await rig.turn(session, "go");
    const newest = (await rig.rest.log(session.id)).at(-1)?.seq ?? 0;
    const { url } = rig.stage.server;
    const path = `${url}/realms/chaos/sessions/${session.id}/events`;
    const leave = new AbortController();

    const feed = await fetch(`${path}?after=${newest}`, { signal: leave.signal });
    const told = await readUntil(feed, ": caught_up");
    leave.abort();
    const again = await rig.rest.ask("GET", `/sessions/${session.id}/runs/${String(body.run_id)}`);
    const ahead = await fetch(`${path}?after=${newest + 1}`);

    expect(told).not.toContain("id:");
    expect(again.body).toMatchObject({ text: body.text });
    expect(ahead.status).toBe(400);
  }, 20_000);
});

async function readUntil(response: Response, mark: string): Promise<string> {
  let told = "";
  for await (const bytes of response.body ?? []) {
    told += new TextDecoder().decode(bytes);
    if (told.includes(mark)) return told;
  }
  return told;
}

describe("abort-at-every-byte × provider", () => {
  it.each(vendors)(
    "leaves a transcript that $name takes, wherever it is cut",
    async (vendor) => {
      const shares = Array.from({ length: 14 }, (_, index) => index / 13);
      const plans = shares.map((at, index) => () => {
        const whole =
          index % 2 === 0
            ? vendor.calls([clock, { ...clock, id: `call-${index}` }])
            : vendor.thinks("hm", text(index, 0));
        return held(whole, { gate: `byte ${index}`, at });
      });
      const session = await rig.session(vendor, plans);
      for (const [index] of shares.entries()) {
        const reached = Promise.withResolvers<void>();
        session.upstream.onMoment = (gate) => {
          if (gate === `byte ${index}`) reached.resolve();
        };
        const turn = rig.turn(session, `turn ${index}`);
        await reached.promise;
        const stop = await rig.rest.ask("POST", `/sessions/${session.id}/interrupt`);
        expect(stop.status).toBe(200);
        const { status, body } = await turn;
        expect(status === 200 || body.code === "REQUEST_CANCELLED", JSON.stringify(body)).toBe(
          true,
        );
      }

      expect((await rig.turn(session, "after all")).status).toBe(200);
      await checkAtRest(session);
    },
    60_000,
  );
});

describe("kill/deploy/OOM at every commit point", () => {
  const tools = scenarios.find(({ name }) => name === "parallel tools");
  const commits = Array.from({ length: 14 }, (_, index) => index + 1);

  it.each(commits)(
    "keeps every promise after event %i of a turn with tools",
    async (nth) => {
      if (!tools) throw new Error("no such story");
      const story = { ...tools, kills: [{ at: "event", nth }] };
      const telling = { number: nth, dice: new Dice(nth), tell: () => {} };
      const { killer } = await play(rig.stage, story, telling);
      expect(killer.killed).toBe(1);
    },
    30_000,
  );
});

describe("two simultaneous sends", () => {
  it("run one turn and refuse the other as busy, or run both in turn", async () => {
    const session = await rig.session(anthropic, []);

    for (let round = 0; round < 8; round += 1) {
      const sends = [1, 2].map((n) => rig.turn(session, `round ${round}, ${n}`));
      const answers = await Promise.all(sends);
      const good = answers.filter(({ status }) => status === 200);
      const busy = answers.filter(({ body }) => body.code === "SESSION_BUSY");
      expect(good.length).toBeGreaterThan(0);
      expect(good.length + busy.length).toBe(2);
    }
    const wait = { handling_mode: "queue" };
    const both = await Promise.all(["a", "b"].map((prompt) => rig.turn(session, prompt, wait)));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    await checkAtRest(session);
  }, 30_000);
});

describe("send-at-turn-end", () => {
  it.each(["queue", "steer"])(
    "loses no prompt that is to %s just as a turn ends",
    async (mode) => {
      const session = await rig.session(anthropic, []);
      const view = rig.follow("SSE", session);

      for (let round = 1; round <= 12; round += 1) {
        const first = rig.turn(session, `round ${round}`, { handling_mode: "queue" });
        const share = round % 3 === 0 ? "run_completed" : "text_complete";
        await view.until(
          10 * SECONDS,
          share,
          (seen) => seen.filter(({ type }) => type === share).length >= round,
        );
        const second = rig.turn(session, `late ${round}`, { handling_mode: mode });
        const answers = await Promise.all([first, second]);
        expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      }
      await checkAtRest(session, [view]);
      const users = (await rig.rest.history(session.id)).filter(({ role }) => role === "user");
      const late = users.filter(({ content }) => String(content).startsWith("late"));
      expect(late).toHaveLength(12);
      await rig.leave();
    },
    60_000,
  );
});

describe("2 MB ladder", () => {
  it.each([1.9, 2, 2.1, 30])(
    "carries %d MiB of prompt through a crash",
    async (mib) => {
      const session = await rig.session(anthropic, []);
      const prompt = "ö".repeat((mib * 1024 * 1024) / 2);
      const { status } = await rig.turn(session, prompt);
      await rig.stage.server.crash();

      expect(status).toBe(200);
      const [, user] = await rig.rest.history(session.id);
      expect(user?.content === prompt).toBe(true);
    },
    60_000,
  );
});

describe("100k-event transcript reconnect", () => {
  it("goes on at its cursor at once, and replays everything without a gap", async () => {
    const words = "w ".repeat(100_000);
    const session = await rig.session(chat, [() => held(chat.says(words), { gate: "x", at: 0.5 })]);
    session.upstream.open("x");
    expect((await rig.turn(session, "go")).status).toBe(200);
    const { last_seq } = (await rig.rest.ask("GET", `/sessions/${session.id}`)).body;
    const start = performance.now();
    const late = rig.follow("SSE", session, Number(last_seq) - 20);
    await late.until(2 * SECONDS, "the last 20 events", (seen) => seen.length === 20);
    expect(performance.now() - start).toBeLessThan(2 * SECONDS);

    const whole = rig.follow("SSE", session);
    await whole.until(30 * SECONDS, "all events", () => whole.cursor === last_seq);
    const deltas = whole.seen.filter(({ type }) => type === "text_delta");
    expect(deltas.map(({ event }) => event.delta).join("")).toBe(words);
    await rig.leave();
  }, 90_000);
});

describe("alarm storm", () => {
  it("of many restarts asks no vendor twice for turns that are over, and loses no alarm", async () => {
    const over = await Promise.all(Array.from({ length: 12 }, () => rig.session(anthropic, [])));
    await Promise.all(over.map((session) => rig.turn(session, "go")));
    const left = await rig.session(anthropic, [
      (attempt) => (attempt === 0 ? { holdHeaders: true } : anthropic.says("at last")),
    ]);
    void rig.rest.once("POST", `/sessions/${left.id}/messages`, { prompt: "go" }).catch(() => {});
    const asked = Promise.withResolvers<void>();
    const again = Promise.withResolvers<void>();
    left.upstream.onMoment = () => (left.upstream.ledger.length > 1 ? again : asked).resolve();
    await asked.promise;
    for (let restart = 0; restart < 4; restart += 1) await rig.stage.server.crash();

    await again.promise;
    for (const { upstream } of over) expect(upstream.ledger).toHaveLength(1);
    expect(left.upstream.ledger).toHaveLength(2);
  }, 30_000);
});

describe("approval expiry", () => {
  it("frees a session whose tool nobody answers, also across a crash, without a knock", async () => {
    const call = { id: "call-1", name: "approve", args: {} };
    const session = await rig.session(anthropic, [() => anthropic.calls([call])]);
    const view = rig.follow("SSE", session);
    const pending = await rig.turn(session, "go", {
      external_tools: [{ name: "approve", input_schema: { type: "object" } }],
      budget_limits: { max_duration: { secs: 1 } },
    });
    expect(pending.body.code).toBe("CALLBACK_PENDING");
    await rig.stage.server.crash();

    await view.until(12 * SECONDS, "the end", (seen) =>
      seen.some(({ type }) => type === "run_failed"),
    );
    expect((await rig.turn(session, "after")).status).toBe(200);
    await checkAtRest(session, [view]);
    await rig.leave();
  }, 30_000);
});

describe("cross-tenant cursor", () => {
  it("opens nothing in another realm, nor in another session", async () => {
    const [mine, other] = [await rig.session(anthropic, []), await rig.session(anthropic, [])];
    await rig.turn(mine, "go");
    const { url } = rig.stage.server;
    const foreign = await fetch(`${url}/realms/elsewhere/sessions/${mine.id}/events?after=1`);
    const scope = (id: string) => ({ type: "session", session_id: id });
    const cursor = { scope: scope(mine.id), sequence: 1 };
    const crossed = await rig.rest.ask("POST", "/events/list_since", {
      scope: scope(other.id),
      cursor,
    });

    expect(foreign.status).toBe(404);
    expect(crossed.status).toBe(400);
    expect(inner(crossed.body.details).reason).toBe("scope_mismatch");
  }, 20_000);
});

describe("ticket replay", () => {
  it("lets a ticket in once, in its own realm, and keeps it across a crash", async () => {
    await using stack = new AsyncDisposableStack();
    const vendorServer = stack.use(await Vendors.start());
    const bindings = { ...vendorServer.bindings, RKAT_ADMIN_TOKEN: "secret-token" };
    const server = stack.use(await ChaosServer.start(bindings));
    const headers = { authorization: "Bearer secret-token", "content-type": "application/json" };
    const trade = async () => {
      const response = await fetch(`${server.url}/tickets`, {
        method: "POST",
        headers,
        body: "{}",
      });
      return String(inner(await response.json()).ticket);
    };
    const use = async (ticket: string, realm = "chaos") =>
      (await fetch(`${server.url}/realms/${realm}/sessions?ticket=${ticket}`)).status;
    const [ticket, kept] = [await trade(), await trade()];
    await server.crash();

    expect(await use(ticket, "elsewhere")).toBe(401);
    expect(await use(ticket)).toBe(200);
    expect(await use(ticket)).toBe(401);
    await server.crash();
    expect(await use(ticket)).toBe(401);
    expect(await use(kept)).toBe(200);
  }, 30_000);
});

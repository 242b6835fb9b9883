import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { dialects } from "../providers/wire/dialects.ts";
import { chunks, messageItem, responsesStream } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import type { TestSession, Vendor, VendorName, WireEvent } from "../test-support.ts";
import {
  configure,
  crash,
  eventsOf,
  messagesOf,
  newRealm,
  newSession,
  vendor,
  Watch,
} from "../test-support.ts";

const text = "One two three.";
const background = { provider_params: { background: true } };

/** A vendor whose calls can be joined again: its own background responses, or a run of the gateway. */
interface Keeper {
  what: string;
  vendor: VendorName;
  choices: object;
  headers: (model: Vendor) => Record<string, string>;
  frames: (model: Vendor) => string[];
  /** How many frames make the first word visible. */
  shown: number;
  /** How the vendor is asked for the call again. */
  again: (model: Vendor) => string;
}

const gateway = (name: VendorName, shown: number): Keeper => ({
  what: `${name} behind the gateway`,
  vendor: name,
  choices: {},
  headers: (model) => ({ "cf-aig-run-id": `run-${model.model}` }),
  frames: () => dialects[name].says("One ", "two ", "three."),
  shown,
  again: (model) => `/run/run-${model.model}/resume?from=0`,
});

const responses: Keeper = {
  what: "a background response of openai",
  vendor: "openai",
  choices: background,
  headers: () => ({}),
  frames: (model) => responsesStream([messageItem(text)], { background: `resp-${model.model}` }),
  shown: 6,
  again: (model) => `/v1/responses/resp-${model.model}?stream=true&include_obfuscation=false`,
};

const keepers = [responses, gateway("anthropic", 3), gateway("openai", 5), gateway("gemini", 1)];

/** Scripts a vendor after its name is known: what it says names the call. */
async function scripted(keeper: Keeper, script: (whole: Reply, cut: Reply) => Reply[]) {
  const model = await vendor(keeper.vendor);
  const frames = keeper.frames(model);
  const headers = keeper.headers(model);
  const cut: Reply = {
    headers: { ...sse, ...headers },
    chunks: chunks(frames.slice(0, keeper.shown)),
    end: "hang",
  };
  await model.script(script({ headers: { ...sse, ...headers }, chunks: chunks(frames) }, cut));
  return model;
}

const sse = { "content-type": "text/event-stream" };
const gone: Reply = {
  status: 404,
  chunks: [{ data: JSON.stringify({ error: { message: "not found", type: "not_found_error" } }) }],
};

async function start({ model }: Vendor, choices: object, realmId = newRealm()) {
  const session = newSession(realmId);
  const runId = uuidv7();
  const turn = { prompt: "Hello", model, run_id: runId, ...choices };
  await session.object().create(session.realmId, session.sessionId, turn);
  return { session, runId };
}

/** What a client shows in the end: the text that no restart has voided. */
function joined(events: readonly WireEvent[]): string {
  let pieces: { seq: number; delta: string }[] = [];
  for (const event of events) {
    if (event.type === "text_delta") pieces.push(event);
    if (event.type === "step_restarted") {
      pieces = pieces.filter(({ seq }) => seq < event.voided_from_seq);
    }
  }
  return pieces.map(({ delta }) => delta).join("");
}

function restarts(events: readonly WireEvent[]): WireEvent[] {
  return events.filter(({ type }) => type === "step_restarted");
}

/** Everyone must read the same: transcript, replay, and a watcher from before the crash who came back. */
async function expectOneText(session: TestSession, before: readonly WireEvent[]): Promise<void> {
  const events = await eventsOf(session);
  const seen = Math.max(...before.map(({ seq }) => seq));
  const live = [...before, ...events.filter(({ seq }) => seq > seen)];
  expect(joined(events)).toBe(text);
  expect(joined(live)).toBe(text);
  const last = (await messagesOf(session)).at(-1);
  expect(last).toMatchObject({ role: "block_assistant", blocks: [{ data: { text } }] });
  expect(events.filter(({ type }) => type === "run_completed")).toHaveLength(1);
}

function asked(model: Vendor): Promise<string[]> {
  return model
    .requests()
    .then((all) => all.map(({ method, path }) => `${method} ${path.replace(/^\/[^/]+/, "")}`));
}

describe.each(keepers)("a crash during $what", (keeper) => {
  it("joins the call again instead of paying for another", async () => {
    const model = await scripted(keeper, (whole, cut) => [cut, whole]);
    const { session, runId } = await start(model, keeper.choices);
    const watch = await Watch.open(session, 0);
    await watch.until("text_delta");

    await crash(session);
    await runDurableObjectAlarm(session.stub());

    expect(await session.object().result(runId)).toMatchObject({ text, turns: 1 });
    const events = await eventsOf(session);
    expect(restarts(events)).toMatchObject([
      { reason: "reattached", attempt: 1, voided_from_seq: 3 },
    ]);
    await expectOneText(session, watch.events);
    const [first, second, ...more] = await asked(model);
    expect(first).toMatch(/^POST /);
    expect(second).toBe(`GET ${keeper.again(model)}`);
    expect(more).toEqual([]);
  });

  it("starts the step again when the call is not to be had any more", async () => {
    const model = await scripted(keeper, (whole, cut) => [cut, gone, whole]);
    const { session, runId } = await start(model, keeper.choices);
    const watch = await Watch.open(session, 0);
    await watch.until("text_delta");

    await crash(session);

    expect(await session.object().result(runId)).toMatchObject({ text });
    expect(restarts(await eventsOf(session))).toMatchObject([{ reason: "crash", attempt: 1 }]);
    await expectOneText(session, watch.events);
    expect((await asked(model)).map((line) => line.split(" ")[0])).toEqual(["POST", "GET", "POST"]);
  });

  it("joins it once more after a crash while it was being told again", async () => {
    const model = await scripted(keeper, (whole, cut) => [cut, cut, whole]);
    const { session, runId } = await start(model, keeper.choices);
    await (await Watch.open(session, 0)).until("text_delta");
    await crash(session);
    const watch = await Watch.open(session, 0);
    await watch.until(({ type, seq }) => type === "text_delta" && seq > 4096);
    await crash(session);

    expect(await session.object().result(runId)).toMatchObject({ text });

    expect(restarts(await eventsOf(session))).toMatchObject([
      { reason: "reattached", attempt: 1 },
      { reason: "reattached", attempt: 2 },
    ]);
    await expectOneText(session, watch.events);
    expect((await asked(model)).map((line) => line.split(" ")[0])).toEqual(["POST", "GET", "GET"]);
  });
});

describe("a background response", () => {
  it("is joined again when only its stream is lost, whatever was shown", async () => {
    const realmId = newRealm();
    await configure(realmId, { retry: { max_retries: 1, initial_delay: "1ms", max_delay: "2ms" } });
    const model = await scripted(responses, (whole, cut) => [{ ...cut, end: "reset" }, whole]);

    const { session, runId } = await start(model, background, realmId);

    expect(await session.object().result(runId)).toMatchObject({ text });
    expect(restarts(await eventsOf(session))).toMatchObject([{ reason: "reattached" }]);
    await expectOneText(session, []);
    expect((await asked(model)).map((line) => line.split(" ")[0])).toEqual(["POST", "GET"]);
  });

  it("is kept by the vendor because the request asks for it, and only then", async () => {
    const model = await scripted(responses, (whole) => [whole, whole]);
    const { session, runId } = await start(model, background);
    await session.object().result(runId);
    const run_id = uuidv7();
    await session.object().startTurn({ run_id, prompt: "And now?", provider_params: {} });
    await session.object().result(run_id);

    const bodies = (await model.requests()).map(({ body }) => JSON.parse(body) as object);

    expect(bodies).toMatchObject([{ background: true, store: true }, { store: false }]);
    expect(bodies[1]).not.toHaveProperty("background");
  });

  it.each(["at once", "after a crash"])("is cancelled by an interrupt %s", async (when) => {
    const cancelled: Reply = {
      headers: { "content-type": "application/json" },
      chunks: [{ data: JSON.stringify({ object: "response", status: "cancelled" }) }],
    };
    const isLate = when === "after a crash";
    const model = await scripted(responses, (_, cut) => [
      cut,
      ...(isLate ? [{ holdHeaders: true }] : []),
      cancelled,
    ]);
    const { session } = await start(model, background);
    await (await Watch.open(session, 0)).until("text_delta");
    if (isLate) {
      await crash(session);
      await runDurableObjectAlarm(session.stub());
      await model.requests(2);
    }

    expect(await session.object().interrupt()).toMatchObject({ interrupted: true });

    await model.requests(isLate ? 3 : 2);
    const lines = await asked(model);
    expect(lines.at(-1)).toBe(`POST /v1/responses/resp-${model.model}/cancel`);
    const ends = (await eventsOf(session)).filter(({ type }) => type === "run_failed");
    expect(ends).toMatchObject([{ error_class: "cancelled" }]);
  });

  it("costs one row more than another turn", async () => {
    const rows = async (choices: object) => {
      const model = await scripted(responses, (whole) => [whole]);
      const { session, runId } = await start(model, choices);
      await session.object().result(runId);
      return runInDurableObject(
        session.stub(),
        (_, { storage }) => storage.sql.exec("SELECT count(*) AS n FROM log").one().n,
      );
    };

    expect(Number(await rows(background)) - Number(await rows({}))).toBe(1);
  });
});

import { verifyEvents } from "@ag-ui/client";
import { readUIMessageStream, type UIMessageChunk } from "ai";
import { from, lastValueFrom, toArray } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Rig, type RigSession } from "./rig.node.ts";
import { agUi, uiChunks } from "./ui-protocols.node.ts";
import { held, type Vendor, vendors } from "./vendor.node.ts";
import type { Seen } from "./view.node.ts";

const [anthropic] = vendors;
if (!anthropic) throw new Error("no vendors");
let rig: Rig;

beforeAll(async () => {
  rig = await Rig.set();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** Runs a session through all that can happen to a turn, and returns each run's part of its log. */
async function eventfulRuns(anthropic: Vendor): Promise<{ session: RigSession; runs: Seen[][] }> {
  const clock = { name: "datetime", args: {} };
  const session = await rig.session(anthropic, [
    () => anthropic.thinks("hm", "It is said."),
    () => anthropic.calls([1, 2].map((n) => ({ ...clock, id: `call-${n}` }))),
    () => anthropic.says("It is noon."),
    (attempt) =>
      attempt === 0
        ? held(anthropic.says("half of it"), { gate: "crash", at: 0.7 })
        : anthropic.says("all of it"),
    () => held(anthropic.says("never to end"), { gate: "stop", at: 0.7 }),
    () => anthropic.says("good again"),
  ]);
  const reached = (name: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    session.upstream.onMoment = (gate) => (gate === name ? resolve() : undefined);
    return promise;
  };
  await rig.turn(session, "think");
  await rig.turn(session, "use tools", { enable_builtins: true });
  const crash = reached("crash");
  const crashed = rig.turn(session, "crash");
  await crash;
  await rig.stage.server.crash();
  await crashed.catch(() => undefined);
  const stop = reached("stop");
  const stopped = rig.turn(session, "stop");
  await stop;
  await rig.rest.ask("POST", `/sessions/${session.id}/interrupt`);
  await stopped;
  await rig.turn(session, "go on");

  const runs: Seen[][] = [];
  for (const entry of await rig.rest.log(session.id)) {
    if (entry.type === "run_started") runs.push([]);
    runs.at(-1)?.push(entry);
  }
  return { session, runs };
}

describe("AG-UI/UI-stream validators", () => {
  it("accept every run as it is told: thinking, tools, a crash, an interrupt", async () => {
    const { session, runs } = await eventfulRuns(anthropic);
    expect(runs).toHaveLength(5);

    for (const run of runs) {
      const events = [...agUi(run, session.id)];
      const verified = from(events).pipe(verifyEvents(), toArray());
      expect(await lastValueFrom(verified)).toHaveLength(events.length);
    }
    const texts: string[] = [];
    for (const run of runs) {
      const stream = new ReadableStream<UIMessageChunk>({
        start(controller) {
          for (const chunk of uiChunks(run)) controller.enqueue(chunk);
          controller.close();
        },
      });
      const failed = run.at(-1)?.type === "run_failed";
      let text = "";
      const errors: unknown[] = [];
      for await (const message of readUIMessageStream({ stream, onError: (e) => errors.push(e) })) {
        text = message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
      }
      expect(errors).toHaveLength(failed ? 1 : 0);
      if (!failed) texts.push(text);
    }
    expect(texts).toEqual(["It is said.", "It is noon.", "all of it", "good again"]);
  }, 60_000);
});

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { dialects } from "../providers/wire/dialects.ts";
import { chunks } from "../providers/wire/openai.ts";
import { newSession, vendor, Watch } from "../test-support.ts";

const { says } = dialects.anthropic;

// The runtime lets an idle object go after ten seconds; nothing tells from outside that it did.
const IDLE_MS = 13_000;

describe("hibernation assertion", () => {
  it("a session whose turn is over leaves memory although it is watched, and its watchers stay", async () => {
    const { model } = await vendor("anthropic", { chunks: chunks(says("One.")) });
    const session = newSession();
    const { realmId, sessionId } = session;
    const runId = uuidv7();
    await session.object().create(realmId, sessionId, { prompt: "Hello", model, run_id: runId });
    await Promise.all([1, 2, 3].map(() => Watch.open(session, 0)));
    await session.object().result(runId);
    // What is left of the turn's watchdog must not keep it awake.
    await runDurableObjectAlarm(session.stub());
    await runInDurableObject(session.stub(), (object) => void Object.assign(object, { seen: 1 }));

    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));

    const found = await runInDurableObject(session.stub(), (object, state) => ({
      isTheSame: "seen" in object,
      watchers: state.getWebSockets().length,
    }));
    expect(found).toEqual({ isTheSame: false, watchers: 3 });
  }, 40_000);
});

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { recordings, type Step } from "./rpc-bridge/test-recordings.ts";
import { eventShape, resultShapes, streamEventShape } from "./rpc-bridge/test-shapes.ts";
import { BridgeClient, type Message, Params } from "./rpc-bridge/test-support.ts";
import { freshStateRoot, type Served, startServe } from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: Served;

beforeAll(async () => {
  server = await startServe(freshStateRoot());
});

afterAll(async () => {
  await server.end("SIGKILL");
});

/** Plays a client's side line by line, and returns each step's answer. */
async function play(client: BridgeClient, steps: readonly Step[]): Promise<Message[]> {
  const names = new Map<string, unknown>();
  const ids: (string | number)[] = [];
  for (const [index, step] of steps.entries()) {
    const { params } = step;
    const named = Object.entries(params).map(([key, value]) => [
      key,
      typeof value === "string" && value.startsWith("$") ? names.get(value.slice(1)) : value,
    ]);
    const id = client.send(step.method, Object.fromEntries(named));
    ids.push(id);
    if (step.isInterrupted) {
      const { session_id } = Object.fromEntries(named);
      const before = client.events(session_id).length;
      await client.when(() => client.events(session_id).length > before + 2);
    } else if (!steps[index + 1]?.isPipelined) await client.answer(id);
    if (step.as === undefined) continue;
    const { result } = await client.answer(id);
    const { session_id, stream_id } = Params.parse(result);
    names.set(step.as, stream_id ?? session_id);
  }
  return Promise.all(ids.map((id) => client.answer(id)));
}

/** A turn's events must all be there when its answer comes: older SDKs read no further. */
function expectEventsBeforeAnswers({ messages }: BridgeClient): void {
  const open = new Set<unknown>();
  for (const { method, params, result } of messages) {
    const { type } = Params.safeParse(params?.event).data ?? {};
    if (method === "session/event" && type === "run_started") open.add(params?.session_id);
    if (method === "session/event" && /^run_(completed|failed)$/.test(String(type))) {
      open.delete(params?.session_id);
    }
    const { run_id, session_id } = Params.safeParse(result).data ?? {};
    if (run_id !== undefined) expect(open).not.toContain(session_id);
  }
  expect(open).toEqual(new Set());
}

describe.each(recordings)("rkat rpc under the SDK %s", (_sdk, line, steps) => {
  it("answers every recorded operation in the shapes that the SDK accepts", async () => {
    const env = { RKAT_URL: server.url, RKAT_CONTRACT_VERSION: line };
    const client = new BridgeClient([], env);
    client.onTool = ({ name }) => ({ content: `${String(name)} ran`, is_error: false });

    const answers = await play(client, steps);

    for (const [index, { method, fails }] of steps.entries()) {
      const { result, error } = answers[index] ?? {};
      expect(error?.code, `${method} at step ${index}`).toBe(fails);
      if (!error)
        expect(resultShapes[method]?.safeParse(result), method).toMatchObject({ success: true });
      else expect(error.data).toMatchObject({ code: expect.any(String) });
    }
    const { contract_version: announced } = Params.parse(answers[0]?.result);
    expect(announced).toBe(line.split(".").length === 3 ? line : `${line}.0`);
    for (const { method, params } of client.messages) {
      if (method === "session/event") expect(() => eventShape.parse(params?.event)).not.toThrow();
      if (method === "session/stream_event") {
        expect(() => streamEventShape.parse(params)).not.toThrow();
      }
    }
    expectEventsBeforeAnswers(client);
    expect(client.messages.filter(({ method }) => method === "session/stream_event")).not.toEqual(
      [],
    );
    expect(await client.end()).toBe(0);
    expect(client.stderr).toBe("");
  });
});

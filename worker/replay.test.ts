import { describe, expect, it } from "vitest";
import type { Call } from "../durable-objects/providers/wire/dialects.ts";
import { dialects, SEAL } from "../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../durable-objects/providers/wire/openai.ts";
import type { VendorName } from "../durable-objects/test-support.ts";
import { newRealm, vendor } from "../durable-objects/test-support.ts";
import { post } from "./test-support.ts";

const TURNS = 10;
const vendors: VendorName[] = ["anthropic", "openai", "gemini"];

/** What the vendor's bodies end with, after the last message. */
const tail = "]}";

/** Five people, each talking in another way; what they say is the same every time. */
const people = ["Ada", "Grace", "Barbara", "Frances", "Радія 👩‍🚀"];

/** The two answers of a turn: sealed thinking and a tool call, then words. */
function answers(name: VendorName, person: string, turn: number): string[][] {
  const { calls, thinks } = dialects[name];
  const args = { time_zone: "Europe/Berlin", nested: { b: [1, 2.5, null], a: "é\u2028\n" } };
  const plan = { steps: [{ step: `Answer ${person}`, status: "pending" }] };
  const wanted: Call[] = [
    { id: `call-${turn}-1`, name: "datetime", args },
    { id: `call-${turn}-2`, name: "update_plan", args: plan },
  ];
  return [
    calls(wanted.slice(0, 1 + (turn % 2)), `${person} wants to know ${turn}.`),
    thinks(`Now I know ${turn}.`, `Turn ${turn}: `, "Grüße, ", "世界 ", "👋."),
  ];
}

function promptOf(person: string, turn: number): unknown {
  if (turn % 3 !== 0) return `${person} asks question ${turn}.`;
  const data = btoa(`image ${turn} of ${person.length}`);
  return [
    { type: "text", text: `What is on picture ${turn}?` },
    { type: "image", media_type: "image/png", source: "inline", data },
  ];
}

/** Runs a session of ten turns and returns the bodies that the vendor saw, two per turn. */
async function bodiesOf(name: VendorName, person: string): Promise<string[]> {
  const frames = Array.from({ length: TURNS }, (_, turn) => answers(name, person, turn)).flat();
  const model = await vendor(name, ...frames.map((answer) => ({ chunks: chunks(answer) })));
  const realm = newRealm();
  const request = {
    initial_turn: "deferred",
    model: model.model,
    provider_params: { reasoning_effort: "low" },
  };
  const { body } = await post(`/realms/${realm}/sessions`, request);
  for (let turn = 0; turn < TURNS; turn += 1) {
    const path = `/realms/${realm}/sessions/${String(body["session_id"])}/messages`;
    const asked = { prompt: promptOf(person, turn), enable_builtins: true };
    const answer = await post(path, asked);
    expect(answer).toMatchObject({
      status: 200,
      body: { text: `Turn ${turn}: Grüße, 世界 👋.`, turns: 2 },
    });
  }
  return (await model.requests()).map(({ body }) => body);
}

describe.each(vendors)("a transcript replayed to %s", (name) => {
  it.each(people)("for %s starts each request with the bytes of the one before", async (person) => {
    const bodies = await bodiesOf(name, person);

    expect(bodies).toHaveLength(2 * TURNS);
    for (const [index, body] of bodies.entries()) {
      const before = bodies[index - 1] ?? "";
      expect(body.endsWith(tail)).toBe(true);
      expect(body.startsWith(before.slice(0, -tail.length))).toBe(true);
      expect(body.length).toBeGreaterThan(before.length);
    }
  });

  it("holds every seal, call, result and image in order", async () => {
    const bodies = await bodiesOf(name, "Ada");

    const order = dialects[name].order(bodies.at(-1) ?? "");
    const results = order.filter((item) => item.startsWith("result"));
    const calls = order.filter((item) => item.startsWith("call"));
    expect(calls).toHaveLength(15);
    expect(results.map((item) => item.slice("result ".length))).toEqual(
      calls.map((item) => item.slice("call ".length)),
    );
    expect(order.filter((item) => item === "image")).toHaveLength(4);
    // Two answers per turn are sealed; the last one is what this request asks for.
    expect(bodies.at(-1)?.split(SEAL)).toHaveLength(2 * TURNS);
  });

  it("holds the vendor's own blocks byte for byte", async () => {
    const bodies = await bodiesOf(name, "Grace");

    const sent = nativeBlocks[name](bodies.at(-1) ?? "");
    const wanted = Array.from({ length: TURNS }, (_, turn) => answers(name, "Grace", turn)).flat();
    const streamed = wanted.slice(0, -1).flatMap((frames) => streamedBlocks[name](frames));
    expect(sent).toEqual(streamed);
  });
});

type Json = Record<string, unknown>;

/** What a request carries of the vendor's own answers, each block as its JSON text. */
const nativeBlocks: Record<VendorName, (body: string) => string[]> = {
  anthropic: (body) => {
    const { messages } = JSON.parse(body) as { messages: { role: string; content: Json[] }[] };
    return texts(messages.filter(({ role }) => role === "assistant").flatMap((one) => one.content));
  },
  openai: (body) => {
    const { input } = JSON.parse(body) as { input: Json[] };
    return texts(input.filter(({ id }) => id !== undefined));
  },
  gemini: (body) => {
    const { contents } = JSON.parse(body) as { contents: { role: string; parts: Json[] }[] };
    return texts(contents.filter(({ role }) => role === "model").flatMap(({ parts }) => parts));
  },
};

/** What a scripted stream held, put together as the vendor documents it. */
const streamedBlocks: Record<VendorName, (frames: readonly string[]) => string[]> = {
  anthropic: (frames) => {
    const blocks: Json[] = [];
    const json: string[] = [];
    for (const { type, index, content_block: start, delta } of events(frames)) {
      const at = Number(index);
      if (type === "content_block_start") blocks[at] = { ...(start as Json) };
      const block = blocks[at] ?? {};
      const { type: _, ...grown } = (delta ?? {}) as Json;
      if (type !== "content_block_delta") continue;
      for (const [field, value] of Object.entries(grown)) {
        if (field === "partial_json") json[at] = (json[at] ?? "") + String(value);
        else block[field] = String(block[field]) + String(value);
      }
    }
    return texts(
      blocks.map((block, at) =>
        json[at] === undefined ? block : { ...block, input: JSON.parse(json[at]) as unknown },
      ),
    );
  },
  openai: (frames) =>
    texts(
      events(frames).flatMap(({ type, item }) =>
        type === "response.output_item.done" ? [item as Json] : [],
      ),
    ),
  gemini: (frames) =>
    texts(
      events(frames).flatMap(({ candidates }) =>
        (candidates as { content: { parts: Json[] } }[]).flatMap(({ content }) => content.parts),
      ),
    ),
};

function events(frames: readonly string[]): Json[] {
  return frames.map((frame) => JSON.parse(/^data: ([^\n]*)$/m.exec(frame)?.[1] ?? "{}") as Json);
}

function texts(blocks: readonly Json[]): string[] {
  return blocks.map((block) => JSON.stringify(block));
}

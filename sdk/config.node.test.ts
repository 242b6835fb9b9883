import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshStateRoot, type Served, startServe } from "../cli/test-support.ts";
import { type ConfigEnvelope, MeerkatClient, MeerkatError } from "./index.ts";

type Json = Record<string, unknown>;

let server: Served;
const open: MeerkatClient[] = [];

beforeAll(async () => {
  server = await startServe(freshStateRoot());
});

afterAll(async () => {
  await Promise.all(open.map((client) => client.close()));
  await server.end("SIGTERM");
});

async function connect(realmId: string): Promise<MeerkatClient> {
  const client = await new MeerkatClient().connect({ url: server.url, realmId });
  open.push(client);
  return client;
}

const newRealm = () => `config-${crypto.randomUUID()}`;

describe("two writers who race", () => {
  it("over REST and the SDK: exactly one wins each of 100 generations", async () => {
    const realm = newRealm();
    const sdk = await connect(realm);
    const overSdk = async (turns: number, expectedGeneration: number) => {
      try {
        const patch = { agent: { max_turns: turns } };
        return (await sdk.patchConfig(patch, { expectedGeneration })).generation;
      } catch (error) {
        expect(error).toMatchObject({
          code: "INVALID_PARAMS",
          details: {
            type: "generation_conflict",
            expected_generation: expectedGeneration,
            current_generation: expectedGeneration + 1,
          },
        });
        return undefined;
      }
    };
    const overRest = async (turns: number, expected_generation: number) => {
      const response = await fetch(`${server.url}/realms/${realm}/config`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ config: { agent: { max_turns: turns } }, expected_generation }),
      });
      const body = (await response.json()) as { generation?: number; details?: unknown };
      if (response.status === 200) return body.generation;
      expect([response.status, body.details]).toEqual([
        400,
        {
          type: "generation_conflict",
          expected_generation,
          current_generation: expected_generation + 1,
        },
      ]);
      return undefined;
    };

    for (let generation = 0; generation < 100; generation += 1) {
      const [one, other] = [generation * 2 + 1, generation * 2 + 2];
      const won = await Promise.all([overSdk(one, generation), overRest(other, generation)]);
      const { config, generation: now } = await sdk.getConfig();

      expect(won.filter((made) => made !== undefined)).toEqual([generation + 1]);
      expect(now).toBe(generation + 1);
      const written = won[0] === undefined ? other : one;
      expect(config).toEqual({ agent: { max_turns: written } });
    }
  });
});

/** What a document may hold in these sequences: known keys, unknown ones, and nulls that delete. */
const leaf = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.string({ maxLength: 4 }),
  fc.constant(null),
);
const tree = fc.dictionary(
  fc.constantFrom("a", "b", "toString", "c d"),
  fc.oneof(leaf, fc.array(leaf, { maxLength: 2 }), fc.dictionary(fc.constantFrom("x", "y"), leaf)),
  { maxKeys: 3 },
);
const turns = fc.option(fc.integer({ min: 1, max: 99 }));
const change: fc.Arbitrary<Json> = fc.record(
  { agent: fc.record({ max_turns: turns }, { requiredKeys: [] }), notes: tree },
  { requiredKeys: [] },
);
const whoever = {
  client: fc.integer({ min: 0, max: 1 }),
  /** How far the writer's idea of the generation is off; nothing for a write without one. */
  off: fc.option(fc.integer({ min: 0, max: 1 })),
};
const step = fc.oneof(
  fc.record({ ...whoever, action: fc.constant("set" as const), change }),
  fc.record({ ...whoever, action: fc.constant("patch" as const), change }),
  fc.record({ ...whoever, action: fc.constant("restore" as const), back: fc.nat({ max: 8 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The document as it must be: every generation whole, in a list. */
class Model {
  readonly generations: Json[] = [{}];

  get generation(): number {
    return this.generations.length - 1;
  }

  get document(): Json {
    return this.generations[this.generation] ?? {};
  }

  /** The generation so far back; the first one is as old as it gets. */
  target(back: number): number {
    return Math.max(1, this.generation - back);
  }

  /** The document that a step makes; nothing when it must be refused. */
  apply(taken: Step): Json | undefined {
    if (taken.off) return undefined;
    switch (taken.action) {
      case "set":
        return merged({}, taken.change);
      case "patch":
        return merged(this.document, taken.change);
      case "restore":
        return this.generation === 0 ? undefined : this.generations[this.target(taken.back)];
    }
  }
}

/** RFC 7396, word for word, and not the implementation's own. */
function merged(target: unknown, patch: Json): Json {
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, isObject(value) ? merged(result.get(key), value) : value);
  }
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function take(client: MeerkatClient, model: Model, taken: Step): Promise<ConfigEnvelope> {
  const { generation } = model;
  const { off } = taken;
  const expected = off === null ? {} : { expectedGeneration: generation + off };
  switch (taken.action) {
    case "set":
      return client.setConfig(taken.change, expected);
    case "patch":
      return client.patchConfig(taken.change, expected);
    case "restore":
      return client.restoreConfig(model.target(taken.back), expected);
  }
}

describe("sets, patches and restores of two clients", () => {
  it("never diverge from the document they should make", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 16 }), async (steps) => {
        const realm = newRealm();
        const clients = [await connect(realm), await connect(realm)] as const;
        const model = new Model();
        for (const taken of steps) {
          const should = model.apply(taken);
          const made = await take(clients[taken.client === 0 ? 0 : 1], model, taken).catch(
            (error: unknown) => {
              if (error instanceof MeerkatError && error.code === "INVALID_PARAMS")
                return undefined;
              throw error;
            },
          );
          if (should) model.generations.push(should);
          expect(made?.config).toEqual(should);
          const seen = await clients[taken.client === 0 ? 1 : 0].getConfig();
          expect(seen).toMatchObject({ generation: model.generation });
          expect(seen.config).toEqual(model.document);
        }
        const { history } = await clients[0].configHistory();
        expect(history.map(({ generation }) => generation)).toEqual(
          model.generations
            .map((_, index) => index)
            .filter(Boolean)
            .toReversed(),
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe("the SDK", () => {
  it("tells the history in its own case, the keys and documents in theirs", async () => {
    const client = await connect(newRealm());
    await client.setConfig({ agent: { maxTurns: 3 }, someNotes: { innerKey: 1 } });
    await client.setConfig({});
    const restored = await client.restoreConfig(1, { expectedGeneration: 2 });

    expect(restored).toMatchObject({ generation: 3, ineffectiveKeys: ["someNotes"] });
    expect(await client.configHistory({ generation: 1 })).toMatchObject({
      generation: 3,
      history: [
        {
          actor: "open",
          action: "set",
          changedKeys: ["agent.max_turns", "someNotes.innerKey"],
          changedCount: 2,
          config: { agent: { max_turns: 3 }, someNotes: { innerKey: 1 } },
        },
      ],
    });
    expect((await client.configHistory({ limit: 1 })).history).toMatchObject([
      { generation: 3, action: "restore", restoredGeneration: 1 },
    ]);
  });
});

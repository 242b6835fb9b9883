import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { AgentEvent, LogEntry } from "../../sdk/contract/index.ts";
import { noUsage } from "../../sdk/contract/index.ts";
import { newSession } from "../test-support.ts";
import { Journal, type Listener } from "./journal.ts";
import type { RunState } from "./state.ts";
import { SessionStorage } from "./storage.ts";

/** Remembers all it is told, as a client that never misses anything. */
class Witness implements Listener {
  readonly told: LogEntry[] = [];
  publish(entry: LogEntry): void {
    this.told.push(entry);
  }
  publishDelta(entry: LogEntry): void {
    this.told.push(entry);
  }
  flush(): void {}
}

/** Numbers that look random and are the same for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const identity = { model: "demo", provider: "demo" as const, providerParams: {} };
// The journal only asks whether a turn runs.
const running = { runId: "run-1" } as RunState;

function createIn(journal: Journal): void {
  const ids = { sessionId: crypto.randomUUID(), realmId: "test", createdAt: 1, labels: {} };
  const state = { reservedUntil: 0, identity, usage: noUsage, updatedAt: 1, run: running };
  journal.create(ids, state, {
    messages: [{ role: "system", content: "Be brief.", created_at: "2026-11-22T10:00:00Z" }],
  });
}

function delta(text: string): AgentEvent & { delta: string } {
  return { type: "text_delta", delta: text };
}

function boundary(turn_number: number): AgentEvent {
  return { type: "turn_started", turn_number };
}

/** Runs inside a session's object, over its real storage, with a journal that was just created. */
async function withJournal(
  use: (journal: Journal, witness: Witness, reopen: (told: Listener) => Journal) => void,
): Promise<void> {
  await runInDurableObject(newSession().stub(), (_, { storage }) => {
    const reopen = (listener: Listener) => new Journal(new SessionStorage(storage), listener);
    const witness = new Witness();
    const journal = reopen(witness);
    createIn(journal);
    use(journal, witness, reopen);
    journal.commit({ state: () => ({ run: undefined }) });
  });
}

describe("a journal", () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "never repeats a number and replays what it told, whatever crashes (seed %i)",
    async (seed) => {
      await withJournal((first, witness, reopen) => {
        const below = random(seed);
        let journal = first;
        let lost = new Set<number>();
        let unstored: number[] = [];
        for (let step = 0; step < 400; step += 1) {
          const dice = below(100);
          if (dice < 75) {
            journal.delta(delta(`${step} ${"é".repeat(below(2_000))}`));
            const newest = witness.told.at(-1);
            unstored = newest ? [...unstored, newest.seq] : unstored;
          } else if (dice < 92) {
            journal.commit({ events: Array.from({ length: below(4) }, (_, at) => boundary(at)) });
            unstored = [];
          } else {
            // What memory alone held is gone; anything above it must be new.
            const stored = new Set([...reopen(new Witness()).eventsAfter(0)].map(({ seq }) => seq));
            lost = new Set([...lost, ...unstored.filter((seq) => !stored.has(seq))]);
            unstored = [];
            journal = reopen(witness);
          }
        }

        const numbers = witness.told.map(({ seq }) => seq);
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
        expect([...journal.eventsAfter(0)]).toEqual(
          witness.told.filter(({ seq }) => !lost.has(seq)),
        );
        for (const cursor of [0, 1, below(journal.seq), journal.seq - 1, journal.seq]) {
          expect([...journal.eventsAfter(cursor)]).toEqual(
            witness.told.filter(({ seq }) => seq > cursor && !lost.has(seq)),
          );
        }
      });
    },
  );

  it("numbers on above everything told when a crash lost more deltas than one block", async () => {
    await withJournal((journal, witness, reopen) => {
      for (let at = 0; at < 5_000; at += 1) journal.delta(delta(`${at}`));
      const highest = witness.told.at(-1)?.seq ?? 0;

      const after = reopen(witness);
      after.commit({ events: [boundary(0)] });

      expect(witness.told.at(-1)?.seq).toBeGreaterThan(highest);
      expect(witness.told).toHaveLength(5_001);
    });
  });

  it("tells an event only after it was stored", async () => {
    await withJournal((journal, _, reopen) => {
      const storedWhenTold: boolean[] = [];
      const checking: Listener = {
        publish({ seq }) {
          const stored = [...reopen(new Witness()).eventsAfter(0)];
          storedWhenTold.push(stored.some((entry) => entry.seq === seq));
        },
        publishDelta() {},
        flush() {},
      };
      const second = reopen(checking);
      second.delta(delta("a"));
      second.commit({ events: [boundary(0), boundary(1)] });

      expect(storedWhenTold).toEqual([true, true]);
      expect(journal.session).toBeDefined();
    });
  });

  it("is as if a commit that failed had never been tried", async () => {
    await withJournal((journal, witness, reopen) => {
      journal.delta(delta("kept"));
      const before = { seq: journal.seq, state: structuredClone(journal.session?.state) };
      const impossible = { type: "turn_started", turn_number: 1n } as unknown as AgentEvent;
      const told = witness.told.length;

      expect(() => journal.commit({ events: [boundary(0), impossible] })).toThrow(TypeError);

      expect({ seq: journal.seq, state: journal.session?.state }).toEqual(before);
      expect(witness.told).toHaveLength(told);
      journal.commit({ events: [boundary(2)] });
      expect([...reopen(new Witness()).eventsAfter(0)]).toEqual(witness.told);
      expect(witness.told.map(({ event }) => event)).toEqual([delta("kept"), boundary(2)]);
    });
  });

  it("rolls the log back when a message of the same commit cannot be stored", async () => {
    await withJournal((journal, witness, reopen) => {
      const impossible = { role: "user", content: 1n, created_at: "" } as never;

      expect(() => journal.commit({ events: [boundary(0)], messages: [impossible] })).toThrow(
        TypeError,
      );

      expect([...reopen(new Witness()).eventsAfter(0)]).toEqual([]);
      expect(witness.told).toEqual([]);
      expect([...journal.messagesFrom(0)]).toHaveLength(1);
    });
  });

  it("stores deltas by itself before they grow large", async () => {
    await withJournal((journal, witness, reopen) => {
      for (let at = 0; at < 5; at += 1) journal.delta(delta("x".repeat(60 * 1024)));

      expect([...reopen(new Witness()).eventsAfter(0)]).toEqual(witness.told);
    });
  });

  it("lets nobody bring a session back who held it when it was erased", async () => {
    await withJournal((journal, _witness, reopen) => {
      const late = reopen(new Witness());
      late.close();

      expect(() => createIn(late)).toThrow(expect.objectContaining({ code: "SESSION_NOT_FOUND" }));
      expect(late.session).toBeUndefined();
      expect(journal.session).toBeDefined();
    });
  });
});

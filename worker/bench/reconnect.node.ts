import { setTimeout } from "node:timers/promises";
import { follow, read } from "./client.node.ts";
import { type Line, timing } from "./line.node.ts";
import { newSession, runTurn, script, type Stage } from "./stage.node.ts";
import { spread } from "./statistics.node.ts";

const DELTAS_PER_TURN = 5_000;
const MISSED = 20;
const TRIES = 12;
// The server reads ahead for a client; what it had begun for the last one must not slow the next.
const REST_MS = 100;
const limit = { p50: 10 };

/** From the request with a cursor to the first event missed: in a short and in a long session, at its end and from its start. */
export async function reconnect({ ours }: Stage, count: number): Promise<Line[]> {
  const short = await sessionOf(ours.url, 10, 10);
  const long = await sessionOf(ours.url, count, DELTAS_PER_TURN);
  const newest = await newestEvent(ours.url, long);
  const size = count.toLocaleString("en");
  return [
    timing(
      "first missed event, 10 deltas",
      spread(await times(ours.url, short, 5)),
      undefined,
      limit,
    ),
    timing(
      `first missed event, ${size} deltas, near the end`,
      spread(await times(ours.url, long, newest - MISSED)),
      undefined,
      limit,
    ),
    timing(
      `first missed event, ${size} deltas, from the start`,
      spread(await times(ours.url, long, 5)),
      undefined,
      limit,
    ),
  ];
}

async function sessionOf(base: string, count: number, perTurn: number): Promise<string> {
  const sessionId = await newSession(base);
  for (let told = 0; told < count; told += perTurn) await runTurn(base, sessionId, script(perTurn));
  return sessionId;
}

async function newestEvent(base: string, sessionId: string): Promise<number> {
  return JSON.parse(await read(`${base}/sessions/${sessionId}`)).last_seq;
}

async function times(base: string, sessionId: string, cursor: number): Promise<number[]> {
  const found: number[] = [];
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const seen = Promise.withResolvers<void>();
    const start = performance.now();
    const onBytes = (bytes: Buffer) => {
      if (bytes.includes("id: ")) seen.resolve();
    };
    const watching = await follow(`${base}/sessions/${sessionId}/events`, onBytes, cursor);
    await seen.promise;
    found.push(performance.now() - start);
    watching.close();
    await setTimeout(REST_MS);
  }
  return found;
}

import { setTimeout } from "node:timers/promises";
import { follow, read } from "./client.node.ts";
import { type Line, plain } from "./line.node.ts";
import { newSession, runTurn, script, type Stage } from "./stage.node.ts";

const MOST_ROWS = 12;
const MOST_CRASH_SECONDS = 10;
const SETTLE_MS = 500;

/** Rows that a plain turn writes in all objects together, alarms included: 2,000 deltas in 10 s. */
export async function rows({ counting }: Stage): Promise<Line> {
  const sessionId = await newSession(counting.url);
  await runTurn(counting.url, sessionId, script(10));
  await setTimeout(SETTLE_MS);
  const before = await counted(counting.url);
  await runTurn(counting.url, sessionId, script(2_000, 5));
  await setTimeout(SETTLE_MS);
  const after = await counted(counting.url);
  const written = after.written - before.written;
  const alarms = after.alarms - before.alarms;
  const figure = `rows of a plain turn (${written} by SQL, ${alarms} alarms)`;
  return plain(figure, { ours: written + alarms, unit: "rows", limit: MOST_ROWS });
}

/** From kill -9 in mid-turn, with a restart at once, until the upstream is asked again; nobody is connected. */
export async function crash({ counting, upstream }: Stage): Promise<Line> {
  const sessionId = await newSession(counting.url);
  const asked = upstream.nextCall();
  const lost = runTurn(counting.url, sessionId, script(1_000, 50)).catch(() => {});
  await asked;
  await setTimeout(SETTLE_MS);
  const again = upstream.nextCall();
  const start = performance.now();
  await counting.kill();
  await lost;
  await counting.start();
  await Promise.race([again, setTimeout(6 * MOST_CRASH_SECONDS * 1e3)]);
  const seconds = (performance.now() - start) / 1e3;
  const line = plain("crashed turn that nobody watches goes on after", {
    ours: seconds,
    unit: "s",
    limit: MOST_CRASH_SECONDS,
  });
  const isTold = await tells(counting.url, sessionId, "step_restarted");
  return { ...line, note: isTold ? "told as step_restarted" : "NOT told as step_restarted" };
}

/** Whether the log holds such an event; asked only after the clock has stopped. */
async function tells(base: string, sessionId: string, type: string): Promise<boolean> {
  const found = Promise.withResolvers<boolean>();
  const onBytes = (bytes: Buffer) => {
    if (bytes.includes(`event: ${type}`)) found.resolve(true);
  };
  const watching = await follow(`${base}/sessions/${sessionId}/events`, onBytes, 0);
  const isFound = await Promise.race([found.promise, setTimeout(6 * SETTLE_MS, false)]);
  watching.close();
  return isFound;
}

async function counted(base: string): Promise<{ written: number; alarms: number }> {
  return JSON.parse(await read(`${base}/__rows`));
}

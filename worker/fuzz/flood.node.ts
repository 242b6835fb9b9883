import { setTimeout as delay } from "node:timers/promises";
import { quantile } from "../bench/statistics.node.ts";
import { check } from "../chaos/conditions.node.ts";
import { Deployment } from "./deployment.node.ts";

const STRANGERS = 16;
/** As many as two cores answer beside the turns that are timed: above it the machine is what is measured. */
const REQUESTS_PER_SECOND = 200;

/** Medians in ms of a turn: on its own, and beside two floods, measured by turns in one run. */
export interface FloodReport {
  calmMs: number;
  /** Beside as many requests as often that are answered at once: what sharing one machine costs. */
  healthMs: number;
  floodedMs: number;
  /** How many were answered at once, and how many strangers' requests were refused. */
  healthy: number;
  refused: number;
}

interface Knock {
  path: string;
  init: RequestInit;
  /** The only answer that is expected. */
  status: number;
}

const headers = { authorization: "Bearer guessed", "content-type": "application/json" };
const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session/list", params: {} });
const posted = { method: "POST", headers, body };
const nobody = { headers: { ...headers, authorization: `Bearer rkat_flooded.${"0".repeat(70)}` } };
const unknown = "/realms/flooded/sessions/0193f2a0-0000-7000-8000-000000000000";

/** All that a stranger may try: every surface, without credentials and with guessed ones. */
const strangers: readonly Knock[] = [
  { path: "/realms/flooded/sessions", init: { headers } },
  { path: "/realms/flooded/sessions", init: { ...posted, body: '{"prompt":"hi"}' } },
  { path: "/realms/flooded/rpc", init: posted },
  { path: "/realms/flooded/mcp", init: posted },
  { path: "/mcp", init: { ...posted, headers: { "content-type": "application/json" } } },
  { path: "/sessions", init: nobody },
  { path: unknown, init: {} },
  { path: `${unknown}/events?ticket=guessed`, init: {} },
].map(({ path, init }) => ({ path, init, status: 401 }));

/** As many requests of the same kinds that no access is needed for. */
const passers = strangers.map(({ init }): Knock => {
  const { headers: shown = {} } = init;
  return { path: "/health", init: { headers: shown }, status: 200 };
});

/**
 * Times the turns of one realm, with and without strangers who knock at another realm's doors. Calm, a
 * flood of the cheapest answers and that flood take turns, both at one pace, so that whatever else the
 * machine does hits all three alike.
 */
export async function flood(rounds: number, perRound: number): Promise<FloodReport> {
  await using stack = new AsyncDisposableStack();
  const deployment = stack.use(await Deployment.start());
  const [calm, health, flooded]: [number[], number[], number[]] = [[], [], []];
  let [healthy, refused] = [0, 0];
  const beside = async (knocks: readonly Knock[], times: number[]) => {
    const over = new AbortController();
    const knocking = Array.from({ length: STRANGERS }, (_, index) =>
      knock(deployment.url, { knocks, first: index, signal: over.signal }),
    );
    times.push(...(await turns(deployment, perRound)));
    over.abort();
    return (await Promise.all(knocking)).reduce((sum, count) => sum + count, 0);
  };
  // What the first turns and the first requests pay for is not counted.
  await turns(deployment, perRound);
  await beside(strangers, []);
  for (let round = 0; round < rounds; round += 1) {
    calm.push(...(await turns(deployment, perRound)));
    healthy += await beside(passers, health);
    refused += await beside(strangers, flooded);
  }
  const [calmMs, healthMs, floodedMs] = [calm, health, flooded].map((times) =>
    quantile(times, 0.5),
  ) as [number, number, number];
  return { calmMs, healthMs, floodedMs, healthy, refused };
}

async function turns(deployment: Deployment, count: number): Promise<number[]> {
  const times: number[] = [];
  const deferred = { initial_turn: "deferred", model: "demo" };
  const { session_id } = await deployment.must("busy", ["POST", "/sessions"], deferred);
  for (let turn = 0; turn < count; turn += 1) {
    const start = performance.now();
    const path = `/sessions/${String(session_id)}/messages`;
    await deployment.must("busy", ["POST", path], { prompt: "hi" });
    times.push(performance.now() - start);
  }
  return times;
}

interface Knocking {
  knocks: readonly Knock[];
  /** Which of them comes first. */
  first: number;
  signal: AbortSignal;
}

/** Knocks at its share of the pace, at one door after another, until it is told to stop. @returns how often it was answered */
async function knock(url: string, { knocks, first, signal }: Knocking): Promise<number> {
  const gap = (1_000 * STRANGERS) / REQUESTS_PER_SECOND;
  let due = performance.now() + (gap * first) / STRANGERS;
  let count = 0;
  for (; !signal.aborted; count += 1) {
    await delay(Math.max(0, due - performance.now()));
    due += gap;
    const next = knocks[(first + count) % knocks.length];
    if (!next) break;
    const response = await fetch(url + next.path, next.init);
    await response.body?.cancel();
    const what = `a stranger was answered ${response.status} at ${next.path}`;
    check(response.status === next.status, what);
  }
  return count;
}

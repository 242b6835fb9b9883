import { quantile } from "../bench/statistics.node.ts";
import { check } from "../chaos/conditions.node.ts";
import { Deployment } from "./deployment.node.ts";

const FLOODERS = 16;

/** Medians in ms of a turn: on its own, and beside two floods, measured by turns in one run. */
export interface FloodReport {
  calmMs: number;
  /** Beside as many who ask for `/health`: what sharing one machine costs. */
  healthMs: number;
  floodedMs: number;
  /** A stranger's requests, all refused. */
  refused: number;
}

/**
 * Times the turns of one realm, with and without strangers who knock at another realm's doors as fast
 * as they can. Calm, a flood of the cheapest answers and that flood take turns, so that whatever else
 * the machine does hits all three alike.
 */
export async function flood(rounds: number, perRound: number): Promise<FloodReport> {
  await using stack = new AsyncDisposableStack();
  const deployment = stack.use(await Deployment.start());
  const [calm, health, flooded]: [number[], number[], number[]] = [[], [], []];
  let refused = 0;
  // What the first turns pay for is not counted.
  await turns(deployment, perRound);
  for (let round = 0; round < rounds; round += 1) {
    calm.push(...(await turns(deployment, perRound)));
    const beside = async (path: string, status: number, times: number[]) => {
      const over = new AbortController();
      const knocking = { url: deployment.url + path, status, signal: over.signal };
      const strangers = Array.from({ length: FLOODERS }, () => knock(knocking));
      times.push(...(await turns(deployment, perRound)));
      over.abort();
      return (await Promise.all(strangers)).reduce((sum, count) => sum + count, 0);
    };
    await beside("/health", 200, health);
    refused += await beside("/realms/flooded/sessions", 401, flooded);
  }
  const median = (times: readonly number[]) => quantile(times, 0.5);
  return { calmMs: median(calm), healthMs: median(health), floodedMs: median(flooded), refused };
}

async function turns(deployment: Deployment, count: number): Promise<number[]> {
  const times: number[] = [];
  const body = { initial_turn: "deferred", model: "demo" };
  const { session_id } = await deployment.must("busy", ["POST", "/sessions"], body);
  for (let turn = 0; turn < count; turn += 1) {
    const start = performance.now();
    const path = `/sessions/${String(session_id)}/messages`;
    await deployment.must("busy", ["POST", path], { prompt: "hi" });
    times.push(performance.now() - start);
  }
  return times;
}

interface Knocking {
  url: string;
  /** The only answer that is expected. */
  status: number;
  signal: AbortSignal;
}

/** Knocks until it is told to stop. @returns how often it was answered */
async function knock({ url, status, signal }: Knocking): Promise<number> {
  let count = 0;
  for (; !signal.aborted; count += 1) {
    const response = await fetch(url, { headers: { authorization: "Bearer guessed" } });
    await response.body?.cancel();
    check(response.status === status, `a stranger was answered ${response.status}`);
  }
  return count;
}

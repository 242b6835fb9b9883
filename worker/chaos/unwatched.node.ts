import { randomUUID } from "node:crypto";
import { check, until } from "./conditions.node.ts";
import type { Dice } from "./dice.node.ts";
import { checkSession } from "./invariants.node.ts";
import type { Stage } from "./stage.node.ts";
import { Rest } from "./rest.node.ts";
import { Upstream } from "./upstream.node.ts";
import { broken, type Vendor, vendors } from "./vendor.node.ts";

const WATCHDOG_MS = 10_000;

/**
 * Turns of sessions that nobody watches, knocks at or waits for go on within 10 s after a crash. Only the
 * vendors' ledgers are looked at, because any request to a session would wake it.
 */
export async function unwatched({ server, vendors: stage }: Stage, dice: Dice): Promise<void> {
  const rest = new Rest(server, "chaos");
  const upstreams = vendors.map((vendor) => cutOnce(vendor, 1 + dice.below(4)));
  const ids: string[] = [];
  for (const upstream of upstreams) {
    stage.add(upstream);
    const { model, vendor } = upstream;
    const request = { initial_turn: "deferred", prompt: "", model, ...vendor.choice };
    const { body } = await rest.ask("POST", "/sessions", request);
    ids.push(String(body.session_id));
    const turn = { prompt: "hello", idempotency_key: randomUUID() };
    // Its caller dies with the server, and does not come back.
    void rest.once("POST", `/sessions/${String(body.session_id)}/messages`, turn).catch(() => {});
  }
  const isAsked = (times: number) => upstreams.every(({ ledger }) => ledger.length >= times);
  await until(WATCHDOG_MS, "all vendors are asked", () => isAsked(1));
  await server.crash();
  await until(WATCHDOG_MS, "turns that nobody watches go on after a crash", () => isAsked(2));
  for (const [index, upstream] of upstreams.entries()) {
    const id = ids[index] ?? "";
    await until(WATCHDOG_MS, "they end", async () => {
      const { body } = await rest.ask("GET", `/sessions/${id}`);
      return body.state === "idle";
    });
    const [log, history] = await Promise.all([rest.log(id), rest.history(id)]);
    checkSession({ log, history, upstream, views: [] });
    check(
      log.some(({ type }) => type === "step_restarted"),
      "no event says that a step began again",
    );
  }
}

function cutOnce(vendor: Vendor, frames: number): Upstream {
  const plan = (attempt: number) => {
    const whole = vendor.says(`said on try ${attempt}`);
    return attempt === 0 ? broken(whole, frames, "hang") : whole;
  };
  return new Upstream(vendor, [plan]);
}

import * as fc from "fast-check";
import { check, Violation } from "../chaos/conditions.node.ts";
import { listOf } from "../chaos/json.node.ts";
import { anyCase, type Case } from "./case.node.ts";
import { Deployment } from "./deployment.node.ts";
import { anonymous, decoysOf, kinds, named, type Names } from "./ids.node.ts";
import { isFailure, messagesOf, type Reply, shapeOf } from "./reply.node.ts";
import { Sender } from "./sender.node.ts";
import { World } from "./world.node.ts";

/** After so many cases the realm that pries is a new one: they wear it out. */
const WORLD_CASES = 125;

/** What a run is told. */
export interface FuzzOptions {
  seed: number;
  cases: number;
  /** The first case to run: a run that stopped goes on where it was. */
  first?: number;
  tell: (line: string) => void;
}

/** How long answers about real things of the other realm took, and those about nothing. */
export interface TenancyReport {
  cases: number;
  foreignMs: number[];
  unknownMs: number[];
}

/**
 * Pries from one realm into another, over every surface. Each case is sent twice, side by side: in a
 * realm that has the other's real names, and in its twin, that has names of things that never were. No
 * answer may tell which is which, none may say a word of the other realm, and nothing there may change.
 * @throws {Violation} with the case
 */
export async function tenancy({
  seed,
  cases,
  first = 0,
  tell,
}: FuzzOptions): Promise<TenancyReport> {
  await using stack = new AsyncDisposableStack();
  const deployment = stack.use(await Deployment.start());
  using victim = await World.populate(deployment, "victim");
  const before = await stateOf(deployment, victim);
  const drawn = fc.sample(anyCase, { seed, numRuns: cases });
  const report: TenancyReport = { cases, foreignMs: [], unknownMs: [] };
  for (let from = first; from < drawn.length; from += WORLD_CASES) {
    await pry({ deployment, victim, report, from }, drawn.slice(from, from + WORLD_CASES));
    const what = `cases ${from} to ${from + WORLD_CASES}: the other realm has changed`;
    check((await stateOf(deployment, victim)) === before, what);
    tell(`${Math.min(from + WORLD_CASES, cases)} cases`);
  }
  return report;
}

type Pair<Item> = [Item, Item];

interface Prying {
  deployment: Deployment;
  victim: World;
  report: TenancyReport;
  /** The first case's number. */
  from: number;
}

async function pry({ deployment, victim, report, from }: Prying, cases: Case[]): Promise<void> {
  const { ticket, expires_at } = await deployment.must(victim.realm, ["POST", "/tickets"]);
  const foreign = { ...victim.ids, ticket: [String(ticket)] };
  using real = await World.populate(deployment, "prying");
  using twin = await World.populate(deployment, "prying");
  using knowing = new Sender(deployment, { own: real.ids, foreign });
  const decoys = decoysOf(foreign, deployment.forge);
  using guessing = new Sender(deployment, { own: twin.ids, foreign: decoys });
  for (const [index, asked] of cases.entries()) {
    const what = (problem: string) =>
      `case ${from + index}: ${problem}\n  ${JSON.stringify(asked)}`;
    const sent = [knowing, guessing].map((sender) => sender.send(asked)) as Pair<Promise<Reply>>;
    const [told, guessed] = await Promise.all(sent).catch((cause: unknown) => {
      throw new Violation(what(`no answer: ${String(cause)}`));
    });
    report.foreignMs.push(told.ms);
    report.unknownMs.push(guessed.ms);
    const problem =
      leak(told, { asked, names: knowing.names, victim }) ??
      difference([told, knowing.names], [guessed, guessing.names]);
    if (problem !== undefined) throw new Violation(what(problem));
  }
  if (Date.now() / 1e3 > Number(expires_at)) return;
  // It was shown at another realm's door all the time, and is still good at its own.
  const opened = await fetch(`${deployment.url}/realms/${victim.realm}/sessions?limit=1`, {
    headers: { "sec-websocket-protocol": `ticket.${String(ticket)}` },
  });
  await opened.body?.cancel();
  check(opened.status === 200, `cases from ${from}: a ticket of the other realm was used up`);
}

/** What a reply says of the other realm beyond what was said to it. */
function leak(
  { text, others = [] }: Reply,
  { asked, names, victim }: { asked: Case; names: Names; victim: World },
): string | undefined {
  const heard = [text, ...others].join("\n").toLowerCase();
  if (heard.includes(victim.canary))
    return `a reply tells what stands in the other realm: ${heard}`;
  const addressed = Object.values(asked.address).map((whose: keyof Names) => names[whose].realm[0]);
  const said = JSON.stringify([named(asked, names), addressed]).toLowerCase();
  for (const kind of kinds) {
    // The sender's own sessions may have come by such a label before.
    const ids = kind === "label" ? [] : victim.ids[kind];
    const told = ids
      .map((id) => id.toLowerCase())
      .find((id) => heard.includes(id) && !said.includes(id));
    if (told !== undefined) return `a reply names a ${kind} of the other realm: ${heard}`;
  }
  return undefined;
}

/** How a reply about things of the other realm differs from one about nothing. */
function difference(one: [Reply, Names], other: [Reply, Names]): string | undefined {
  const [a, b] = [plain(...one), plain(...other)];
  return a === b ? undefined : `a reply tells what exists:\n  ${a}\n  ${b}`;
}

/** Failures word by word, successes by their shape. */
function plain(reply: Reply, names: Names): string {
  const { status, contentType } = reply;
  // How far one's own feed has come is a matter of the moment.
  const isFeed = status === 200 && reply.text.startsWith("event: session_loaded");
  const messages = isFeed ? [] : messagesOf(reply);
  const told = isFailure(reply, messages) ? anonymous(reply.text, names) : shapeOf(messages);
  return JSON.stringify({ status, contentType, told });
}

/** All that a realm is, as its administrator sees it. */
async function stateOf(deployment: Deployment, { realm, ids }: World): Promise<string> {
  const get = (path: string) => deployment.ask(realm, ["GET", path]);
  const listed = await get("/sessions?limit=1000");
  const known = listOf(listed.body.sessions).map(({ session_id }) => String(session_id));
  const sessions = [...new Set([...known, ...ids.session])].toSorted();
  const parts: unknown[] = [listed];
  for (const path of ["/config", "/config/history", "/credentials", "/audit", `/realms/${realm}`])
    parts.push(await get(path));
  const { body } = await get("/tokens");
  parts.push(listOf(body.tokens).map(({ last_used_at: _hour, ...token }) => token));
  for (const session of sessions) parts.push(await sessionState(get, session));
  return JSON.stringify(parts);
}

function sessionState(get: (path: string) => Promise<unknown>, session: string): Promise<unknown> {
  const paths = ["", "/history", "/pending", "/inputs"];
  return Promise.all(paths.map((path) => get(`/sessions/${session}${path}`)));
}

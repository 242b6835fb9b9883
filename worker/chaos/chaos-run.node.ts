import { idleArchives } from "./idle-archive.node.ts";
import { Violation } from "./conditions.node.ts";
import { Dice } from "./dice.node.ts";
import { Episode } from "./episode.node.ts";
import type { KillPoint } from "./killer.node.ts";
import { scenarios } from "./scenarios.node.ts";
import { Stage } from "./stage.node.ts";
import type { Scenario } from "./story.node.ts";
import { starters } from "./turns.node.ts";
import { Upstream } from "./upstream.node.ts";
import { vendors } from "./vendor.node.ts";
import { unwatched } from "./unwatched.node.ts";
import { type Seen } from "./view.node.ts";
import { shown } from "./joined.node.ts";

const UNWATCHED_EVERY = 60;

/** What a run is told. */
export interface ChaosOptions {
  seed: number;
  kills: number;
  /** Only stories whose name holds this. */
  only?: string | undefined;
  tell: (line: string) => void;
}

/** How a run went. */
export interface ChaosReport {
  kills: number;
  episodes: number;
  seconds: number;
}

/** Tells stories under kills until there were enough of them, then looks at every session once more. @throws {Violation} */
export async function runChaos({ seed, kills, only, tell }: ChaosOptions): Promise<ChaosReport> {
  const start = performance.now();
  await using stack = new AsyncDisposableStack();
  const stage = stack.use(await Stage.set());
  const { server } = stage;
  const ended: { episode: Episode; log: Seen[] }[] = [];
  const dice = new Dice(seed);
  const told = scenarios.filter(({ name }) => name.includes(only ?? ""));
  let watchdogAt = 0;
  for (let number = 0; server.kills < kills; number += 1) {
    if (only === undefined && server.kills >= watchdogAt) {
      watchdogAt += UNWATCHED_EVERY;
      await unwatched(stage, dice);
      await idleArchives(stage);
    }
    const scenario = told[number % told.length];
    if (!scenario) throw new Error(`no story is named "${only}"`);
    const episode = await play(stage, scenario, { number, dice, tell });
    if (!scenario.isArchived)
      ended.push({ episode, log: await episode.rest.log(episode.sessionId) });
  }
  for (const { episode, log } of ended) await compare(episode, log);
  const seconds = (performance.now() - start) / 1e3;
  return { kills: server.kills, episodes: ended.length, seconds };
}

interface Telling {
  number: number;
  dice: Dice;
  tell: (line: string) => void;
}

/** Plays one story to its end. @throws {Violation} */
export async function play(
  stage: Stage,
  scenario: Scenario,
  { number, dice, tell }: Telling,
): Promise<Episode> {
  const vendor = dice.pick(vendors);
  const upstream = new Upstream(vendor, scenario.plans(vendor, dice));
  stage.vendors.add(upstream);
  const kills = scenario.kills ?? killPoints(dice, scenario);
  const starter = scenario.starter ?? dice.pick(starters);
  const { server } = stage;
  const realm = scenario.realm ?? "chaos";
  const episode = new Episode({ server, dice, upstream, realm, starter, kills });
  const points = kills.map(({ at, nth }) => `${at}#${nth}`).join(", ");
  const what = `${number} ${scenario.name}; ${vendor.name} by ${starter}; kills at ${points}`;
  const start = performance.now();
  try {
    await scenario.act(episode);
    await episode.close({ isArchived: scenario.isArchived ?? false });
  } catch (cause) {
    await episode.leave();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Violation(`${what}\n  ${why}\n  ${episode.story()}`, { cause });
  }
  tell(`${what} (${episode.killer.killed} kills, ${Math.round(performance.now() - start)} ms)`);
  return episode;
}

/** One to three kills: after any commit, at a byte, at a spot of the story's own; then during recovery. */
function killPoints(dice: Dice, { spots = [] }: Scenario): KillPoint[] {
  const points = [firstPoint(dice, spots)];
  const later = ["listening", "event:step_restarted", "asked", "event", "event:run_completed"];
  while (points.length < 3 && dice.chance(0.35)) points.push({ at: dice.pick(later), nth: 1 });
  return points;
}

function firstPoint(dice: Dice, spots: readonly string[]): KillPoint {
  if (spots.length > 0 && dice.chance(0.5)) return { at: dice.pick(spots), nth: 1 + dice.below(2) };
  const at = dice.pick([
    "event",
    "event",
    "event",
    "cut",
    "cut",
    "asked",
    "sent",
    "delta",
    "acked",
  ]);
  return { at, nth: at === "event" || at === "delta" ? 1 + dice.below(9) : 1 };
}

/** What was told once is told for ever. */
async function compare({ rest, sessionId }: Episode, log: readonly Seen[]): Promise<void> {
  const now = (await rest.log(sessionId)).slice(0, log.length).map(shown);
  const then = log.map(shown);
  if (JSON.stringify(now) !== JSON.stringify(then)) {
    throw new Violation(`the log of ${sessionId} is not what it was after its story`);
  }
}

import { isDelta, isTerminal, type Seen } from "./view.node.ts";

/** A model step's text as it counts in the end, and the event that says it whole. */
export interface StepText {
  deltas: string;
  complete: string | undefined;
}

/** What is left of a client's events once it has taken back what was voided. */
export function withoutVoided(seen: readonly Seen[]): Seen[] {
  let left: Seen[] = [];
  for (const entry of seen) {
    const { voidedFromSeq } = entry.event;
    if (entry.type === "step_restarted" && typeof voidedFromSeq === "number") {
      left = left.filter(({ seq }) => seq < voidedFromSeq);
    }
    left.push(entry);
  }
  return left;
}

/** The text of each model step, oldest first. */
export function stepTexts(seen: readonly Seen[]): StepText[] {
  const steps: StepText[] = [];
  let deltas = "";
  for (const { type, event } of withoutVoided(seen)) {
    if (type === "turn_started" || type === "step_restarted") deltas = "";
    else if (type === "text_delta") deltas += String(event.delta);
    else if (type === "text_complete") {
      steps.push({ deltas, complete: String(event.content) });
      deltas = "";
    } else if (type === "run_failed" && deltas !== "") {
      steps.push({ deltas, complete: undefined });
      deltas = "";
    }
  }
  return steps;
}

/**
 * What a client shows in the end: every event that counts, and the text of each finished step. Deltas of a
 * step that failed are left out: those that only memory held are gone for whoever comes later.
 */
export function joinedView(seen: readonly Seen[]): string[] {
  const left = withoutVoided(seen).filter((entry) => !isDelta(entry));
  const texts = stepTexts(seen).flatMap(({ deltas, complete }) =>
    complete === undefined ? [] : [deltas],
  );
  return [...left.map((entry) => shown(entry)), ...texts];
}

/** One event as text, the same for every client that saw the same. */
export function shown({ seq, event }: Seen): string {
  return `${seq} ${JSON.stringify(event, (_key, value: unknown) => sorted(value))}`;
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Runs by id: how often each began and ended. */
export function runsOf(seen: readonly Seen[]): Map<string, { starts: number; ends: number }> {
  const runs = new Map<string, { starts: number; ends: number }>();
  for (const entry of seen) {
    const isStart = entry.type === "run_started";
    if (!isStart && !isTerminal(entry)) continue;
    const id = String(entry.event.runId);
    const run = runs.get(id) ?? { starts: 0, ends: 0 };
    if (isStart) run.starts += 1;
    else run.ends += 1;
    runs.set(id, run);
  }
  return runs;
}

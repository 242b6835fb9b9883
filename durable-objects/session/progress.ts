import type { StoredMessage, UpstreamHandle } from "../providers/provider.ts";
import type { RunPart } from "./ending.ts";
import type { Change } from "./journal.ts";
import type { RunState } from "./state.ts";

/** Messages that wait for the next model call, and the statement that takes them off the list. */
export interface Arrivals {
  messages: StoredMessage[];
  take: () => void;
}

const nothingWaits = { inputCount: 0, isSteered: false };

/** The change that takes a run on; a commit that opens a step also brings in what has arrived. */
export function step(run: RunState, part: RunPart, arrived: Arrivals | undefined): Change {
  const { events, messages, progress } = part;
  // A step that is finished has no call left to go on, and another model cannot join it.
  const isSameStep = progress.turns === run.progress.turns && !changesModel(run, part);
  const upstream = isSameStep ? run.upstream : undefined;
  return {
    events,
    messages: arrived ? [...messages, ...arrived.messages] : messages,
    state: ({ last }) => ({
      run: { ...run, progress, upstream, stepSeq: arrived ? last : run.stepSeq },
      ...(arrived ? nothingWaits : {}),
    }),
    also: arrived?.take,
  };
}

/** Whether another model takes the run over. */
export function changesModel(run: RunState, { progress }: Pick<RunPart, "progress">): boolean {
  return progress.fallback?.index !== run.progress.fallback?.index;
}

/** The change that makes sure that the step's call is found again after a crash: one row, for such calls alone. */
export function reachable(run: RunState, handle: UpstreamHandle): Change {
  return { state: () => ({ run: { ...run, upstream: handle } }) };
}

/** The change after which the answer stands, whatever becomes of its JSON: a restart voids nothing before. */
export function answeredMain(run: RunState, { events, messages, progress }: RunPart): Change {
  const after = { ...run, progress, upstream: undefined };
  const state = ({ last }: { last: number }) => ({ run: { ...after, stepSeq: last } });
  return { events, messages, state };
}

/** The change that turns what would have been a run's end into one more step. */
export function carriedOn(run: RunState, part: RunPart, arrived: Arrivals): Change {
  const { events } = part;
  const { extraction: _answered, ...progress } = part.progress;
  const told = events.filter(({ type }) => type !== "turn_completed");
  const next = { type: "turn_started" as const, turn_number: progress.turns };
  return step(run, { ...part, progress, events: [...told, next] }, arrived);
}

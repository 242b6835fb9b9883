import type { LiveSession } from "./live-session.ts";
import type { Message } from "./transcript.ts";
import type { LiveStep, QuietLine, TurnFacts } from "./turn-facts.ts";

/** How far back the beginning of a message's turn is looked for. */
const LOOK_BACK = 400;

/** What belongs to a message beside itself. */
export interface Surroundings {
  /** Shown above it. */
  lines: readonly QuietLine[];
  /** The turn that ends with it, if it is the last of one. */
  ended: TurnFacts | undefined;
  /** What it would have said, had it not been interrupted. */
  unfinished: LiveStep | undefined;
}

/** What the log adds to the message at a place of the transcript. */
export function surroundings(session: LiveSession, index: number): Surroundings {
  const { transcript, log } = session;
  const { turn, step } = turnAt(session, index);
  const message = transcript.at(index);
  if (!turn || !message) return { lines: [], ended: undefined, unfinished: undefined };
  const isAnswer = message.role === "block_assistant";
  const lines = isAnswer ? turn.lines.filter((line) => line.step === step) : [];
  const next = transcript.at(index + 1);
  const isLast = next
    ? opens(session, next)
    : index + 1 === transcript.length && !isShownLive(log, turn);
  const unfinished = turn.unfinished?.step === step ? turn.unfinished : undefined;
  return { lines, ended: isLast && turn.end ? turn : undefined, unfinished };
}

/** What of the turn that goes on is not in the transcript yet. */
export function liveSteps(session: LiveSession): readonly LiveStep[] {
  const { transcript, log } = session;
  if (!log.current) return [];
  const start = indexOfTurn(session, log.current.runId);
  if (start === undefined) return log.steps;
  let told = 0;
  for (let index = start + 1; index < transcript.length; index += 1) {
    if (transcript.at(index)?.role === "block_assistant") told += 1;
  }
  return log.steps.slice(told);
}

/** Where a turn's prompt is in the transcript, if it is near the end. */
export function indexOfTurn({ transcript }: LiveSession, runId: string): number | undefined {
  const last = transcript.length - 1;
  for (let index = last; index >= 0 && transcript.at(index); index -= 1) {
    const message = transcript.at(index);
    if (message?.role === "user" && message.runId === runId) return index;
  }
  return undefined;
}

/** The turn that a message is of, and how many answers of the turn come before it. */
function turnAt(session: LiveSession, index: number): { turn?: TurnFacts; step: number } {
  let step = 0;
  for (let place = index; place > index - LOOK_BACK; place -= 1) {
    const message = session.transcript.at(place);
    if (!message) break;
    if (message.role === "block_assistant" && place < index) step += 1;
    const turn =
      message.role === "user" && message.runId ? session.log.turns.get(message.runId) : undefined;
    if (turn) return { turn, step };
  }
  return { step };
}

/** Whether a message is the first of a turn; prompts that steer have no run of their own. */
function opens({ log }: LiveSession, message: Message): boolean {
  return message.role === "user" && message.runId !== undefined && log.turns.has(message.runId);
}

function isShownLive(log: LiveSession["log"], turn: TurnFacts): boolean {
  return log.current?.runId === turn.runId && turn.end === undefined;
}

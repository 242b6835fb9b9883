import { randomUUID } from "node:crypto";
import { check } from "./conditions.node.ts";
import type { Json } from "./json.node.ts";
import type { TurnEnd } from "./turns.node.ts";
import type { Asked } from "./upstream.node.ts";
import type { Seen } from "./view.node.ts";

interface Turn {
  prompt: string;
  end: TurnEnd;
}

/** What a session's clients asked for, and what they were told in answer. */
export class Promises {
  readonly prompts: string[] = [];
  readonly turns: Turn[] = [];
  /** Texts that the model must have been shown: contexts, events and tool results that were taken. */
  readonly shown: string[] = [];
  /** Where a turn is said to have been interrupted. */
  readonly interrupts: number[] = [];

  /** A prompt like no other, so that it can be counted. */
  prompt(): string {
    const prompt = `prompt-${randomUUID()}`;
    this.prompts.push(prompt);
    return prompt;
  }

  turn(turn: Turn): void {
    this.turns.push(turn);
  }
}

interface Facts {
  log: readonly Seen[];
  history: readonly Json[];
  ledger: readonly Asked[];
}

/** Nothing that was acknowledged is missing, and nothing was done twice. @throws {Violation} */
export function checkPromises(promises: Promises, { log, history, ledger }: Facts): void {
  const users = history.filter(({ role }) => role === "user").map(({ content }) => String(content));
  for (const prompt of promises.prompts) {
    const count = users.filter((content) => content === prompt).length;
    check(count <= 1, `${prompt} stands ${count} times in the transcript`);
  }
  for (const { prompt, end } of promises.turns) {
    if (end.code === "SESSION_NOT_FOUND" || end.code === "NOT_FOUND") continue;
    if (end.code === "REQUEST_CANCELLED" && !users.includes(prompt)) continue;
    check(users.includes(prompt), `${prompt} was answered (${end.code ?? "well"}) but is missing`);
    if (end.text !== undefined) checkResult(log, end);
  }
  for (const text of promises.shown) {
    const isTold = ledger.some(({ body }) => body.includes(text));
    check(isTold, `"${text}" was acknowledged, and the model never saw it`);
  }
  for (const seq of promises.interrupts) {
    const entry = log.find((candidate) => candidate.seq === seq);
    check(entry?.type === "run_failed", `the interrupted turn's end at ${seq} is ${entry?.type}`);
  }
}

function checkResult(log: readonly Seen[], { runId, text }: TurnEnd): void {
  const end = log.find(({ type, event }) => type === "run_completed" && event.runId === runId);
  check(end !== undefined, `run ${runId} was said to have ended well, and has not`);
  check(end.event.result === text, `run ${runId} answered "${text}", its event says otherwise`);
}

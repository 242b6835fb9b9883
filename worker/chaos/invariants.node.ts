import { check } from "./conditions.node.ts";
import { inner, type Json, listOf } from "./json.node.ts";
import { joinedView, runsOf, shown, stepTexts } from "./joined.node.ts";
import type { Asked, Upstream } from "./upstream.node.ts";
import { isDelta, isTerminal, type Seen, type View } from "./view.node.ts";

/** All that public surfaces and the vendor's own ledger show of one session. */
export interface Evidence {
  isArchived?: boolean;
  log: readonly Seen[];
  views: readonly View[];
  history: readonly Json[];
  upstream: Upstream;
}

/** Every promise that holds for any session at rest. @throws {Violation} naming the first that does not */
export function checkSession(evidence: Evidence): void {
  const { log, views, history, upstream, isArchived = false } = evidence;
  for (const view of views) {
    check(isArchived || !view.isGone, `${view.name} was told that there is no such session`);
    check(view.problems.length === 0, `${view.name} had trouble: ${view.problems[0]}`);
    checkOrder(view.name, view.seen);
  }
  checkOrder("the log", log);
  checkOneMeaning(log, views);
  for (const view of views) if (!view.isGone) checkWhole(log, view);
  checkRuns(log);
  checkTexts(log, history);
  checkCalls("the history", history.flatMap(orderOf));
  for (const { body, step } of upstream.ledger) {
    checkCalls(`the request of step ${step}`, upstream.vendor.order(body));
  }
  checkPaidOnce(log, upstream.ledger);
}

function checkOrder(name: string, seen: readonly Seen[]): void {
  for (const [index, { seq }] of seen.entries()) {
    const before = seen[index - 1]?.seq ?? 0;
    check(seq > before, `${name}: event ${seq} came after ${before}`);
  }
}

/** A number means the same event for everybody, for ever. */
function checkOneMeaning(log: readonly Seen[], views: readonly View[]): void {
  const meanings = new Map(log.map((entry) => [entry.seq, shown(entry)]));
  for (const { name, seen } of views) {
    for (const entry of seen) {
      const known = meanings.get(entry.seq);
      const said = shown(entry);
      check(known === undefined || known === said, `${name}: ${said} is elsewhere ${known}`);
      meanings.set(entry.seq, said);
    }
  }
}

/** Nothing of the log is missing in a view, and what is no longer in the log is void. */
function checkWhole(log: readonly Seen[], { name, seen }: View): void {
  const numbers = new Set(seen.map(({ seq }) => seq));
  for (const entry of log) check(numbers.has(entry.seq), `${name} never saw ${shown(entry)}`);
  const stored = new Set(log.map(({ seq }) => seq));
  for (const entry of seen) {
    const isKept = isDelta(entry) || stored.has(entry.seq);
    check(isKept, `${name} was told ${shown(entry)}, which the log has lost`);
  }
  const [ours, theirs] = [joinedView(log), joinedView(seen)];
  for (const [index, line] of ours.entries()) {
    check(line === theirs[index], `${name} shows ${theirs[index]} where the log says ${line}`);
  }
  check(ours.length === theirs.length, `${name} shows more than the log: ${theirs.at(-1)}`);
}

function checkRuns(log: readonly Seen[]): void {
  for (const [id, { starts, ends }] of runsOf(log)) {
    check(starts <= 1, `run ${id} began ${starts} times`);
    check(ends === 1, `run ${id} ended ${ends} times`);
  }
  let isRunning = false;
  for (const entry of log) {
    if (entry.type === "run_started") isRunning = true;
    check(isRunning || isTerminal(entry), `${shown(entry)} came outside of any run`);
    // A turn that waited and was taken back ends while another one may run.
    const isOwn = log.some(
      ({ type, event }) => type === "run_started" && event.runId === entry.event.runId,
    );
    if (isTerminal(entry) && isOwn) isRunning = false;
  }
}

function checkTexts(log: readonly Seen[], history: readonly Json[]): void {
  const whole: string[] = [];
  for (const { deltas, complete } of stepTexts(log)) {
    if (complete === undefined) continue;
    check(deltas === complete, `deltas make "${deltas}", text_complete says "${complete}"`);
    whole.push(complete);
  }
  const told = history.map(textOf).filter((text) => text !== "");
  check(
    JSON.stringify(told) === JSON.stringify(whole),
    `the history says ${JSON.stringify(told)}, the events say ${JSON.stringify(whole)}`,
  );
  for (const [index, { type, event }] of log.entries()) {
    if (type !== "run_completed") continue;
    const last = log.slice(0, index).findLast((entry) => entry.type === "text_complete");
    check(event.result === last?.event.content, `a run's result is "${String(event.result)}"`);
  }
}

function textOf({ role, blocks }: Json): string {
  if (role !== "block_assistant") return "";
  const texts = listOf(blocks).filter(({ block_type }) => block_type === "text");
  return texts.map(({ data }) => String(inner(data).text)).join("");
}

/** A message of the history in the words of `Vendor.order`. */
function orderOf({ role, blocks, results }: Json): string[] {
  if (role === "tool_results") {
    return listOf(results).map(({ tool_use_id }) => `result ${String(tool_use_id)}`);
  }
  if (role !== "block_assistant") return [String(role)];
  return listOf(blocks).map(({ block_type, data }) =>
    block_type === "tool_use" ? `call ${String(inner(data).id)}` : "assistant",
  );
}

/** Every call is answered once, in the order of the calls, before anything else is said. */
function checkCalls(where: string, order: readonly string[]): void {
  let open: string[] = [];
  let isAnswering = false;
  for (const item of order) {
    const [kind = "", id = ""] = item.split(" ");
    if (kind === "call") {
      check(!isAnswering, `${where}: call ${id} among the answers to earlier ones`);
      open.push(id);
    } else if (kind === "result") {
      check(open[0] === id, `${where}: result ${id} where ${open[0] ?? "none"} is due`);
      open = open.slice(1);
      isAnswering = open.length > 0;
    } else check(open.length === 0, `${where}: ${kind} before call ${open[0]} was answered`);
  }
  check(open.length === 0, `${where}: call ${open[0]} is never answered`);
}

/** A vendor was asked again for the same step only where an event says so. */
function checkPaidOnce(log: readonly Seen[], ledger: readonly Asked[]): void {
  const again = ledger.filter(({ attempt }) => attempt > 0).length;
  const told = log.filter(({ type }) => type === "step_restarted" || type === "retrying").length;
  check(again <= told, `${again} model steps were paid for again, ${told} events say so`);
  const steps = log.filter(({ type }) => type === "turn_started").length;
  const paid = new Set(ledger.map(({ step }) => step)).size;
  check(paid <= steps, `${paid} different model steps were paid for, ${steps} were told`);
}

import {
  type EventStream,
  type MeerkatClient,
  MeerkatError,
  type RunResult,
} from "../sdk/index.ts";
import { exitCodes } from "./exit-codes.ts";
import { Screen } from "./screen.ts";
import type { Display } from "./turn-flags.ts";
import { TurnRenderer } from "./turn-renderer.ts";

/** How a turn is followed. */
export interface FollowOptions extends Display {
  /** The user may have typed a short reference: tell which session it was. */
  tellsIds?: boolean;
}

/** Shows a turn until it ends, then its outcome; Ctrl-C cancels the turn. */
export async function followTurn(
  client: MeerkatClient,
  stream: EventStream,
  display: FollowOptions,
): Promise<number> {
  const isProse = !display.json && !display.wantsJson;
  const screen = new Screen(isProse ? process.stdout : process.stderr, process.stderr);
  const renderer = new TurnRenderer(screen, display);
  const stopListening = interruptOnSignal(client, screen, () => stream.sessionId);
  let began = false;
  try {
    for await (const event of stream) {
      began = true;
      renderer.show(event);
    }
  } catch (error) {
    screen.endLine();
    throw began ? withWayBack(error, stream.sessionId) : error;
  } finally {
    stopListening();
  }
  renderer.finish();
  const result = stream.result;
  printAnswer(result, display);
  process.stderr.write(extractionNotes(result));
  process.stderr.write(`${summaryLine(result)}\n`);
  if (display.tellsIds) process.stderr.write(idLines(result));
  if (result.terminalCauseKind === "budget_exhausted") return exitCodes.budgetExhausted;
  return result.extractionError ? exitCodes.error : exitCodes.ok;
}

function wireError({ lastOutput, ...error }: NonNullable<RunResult["extractionError"]>) {
  return { last_output: lastOutput, ...error };
}

/** The result as scripts read it (contract 10.6). */
function jsonResult(result: RunResult): Record<string, unknown> {
  return {
    text: result.text,
    session_id: result.sessionId,
    session_ref: result.sessionRef,
    turns: result.turns,
    tool_calls: result.toolCalls,
    usage: {
      input_tokens: result.usage.inputTokens,
      output_tokens: result.usage.outputTokens,
    },
    structured_output: result.structuredOutput ?? null,
    schema_warnings: result.schemaWarnings ?? null,
    ...(result.extractionError && { extraction_error: wireError(result.extractionError) }),
    skill_diagnostics: null,
  };
}

/** With a schema the output is JSON and nothing else, fit for a pipe; no JSON is then no output. */
function printAnswer(result: RunResult, { json, streaming, wantsJson }: Display): void {
  const { structuredOutput, text } = result;
  if (json) print(jsonResult(result));
  else if (structuredOutput !== null && structuredOutput !== undefined) print(structuredOutput);
  else if (wantsJson && !streaming) process.stderr.write(`${text}\n`);
  else if (!streaming) process.stdout.write(`${text}\n`);
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

function extractionNotes({ schemaWarnings, extractionError }: RunResult): string {
  const warnings = (schemaWarnings ?? []).map(
    ({ provider, path, message }) => `Warning: ${provider} schema ${path || "/"}: ${message}\n`,
  );
  if (!extractionError) return warnings.join("");
  const { attempts, reason } = extractionError;
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return `${warnings.join("")}Error: no JSON that fits the schema after ${tries}: ${reason}\n`;
}

function summaryLine({ sessionId, turns, usage }: RunResult): string {
  return `[Session: ${shortId(sessionId)} | Turns: ${turns} | Tokens: ${usage.inputTokens} in / ${usage.outputTokens} out]`;
}

function idLines({ sessionId, sessionRef }: RunResult): string {
  return `Session: ${sessionId}\nSession Ref: ${sessionRef}\n`;
}

/** The end of the id: ids made within a minute begin alike, and a reference may be either end. */
function shortId(sessionId: string): string {
  return sessionId.slice(-8);
}

/** A failed turn leaves its session behind: the user is told how to go on with it. */
function withWayBack(error: unknown, sessionId: string | undefined): unknown {
  if (!(error instanceof MeerkatError) || sessionId === undefined) return error;
  return new Error(`${error.message}\nThe session is kept: rkat resume ${sessionId} "…"`, {
    cause: error,
  });
}

/** The first Ctrl-C cancels the turn and waits for its end; the second leaves at once. */
function interruptOnSignal(
  client: MeerkatClient,
  screen: Screen,
  session: () => string | undefined,
): () => void {
  let asked = false;
  const interrupt = () => {
    const session_id = session();
    if (asked || session_id === undefined) process.exit(exitCodes.error);
    asked = true;
    screen.note("Cancelling the turn; Ctrl-C again to leave at once.");
    client.call("turn/interrupt", { session_id }).catch((error: unknown) => {
      process.stderr.write(`Error: ${String(error)}\n`);
      process.exit(exitCodes.error);
    });
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return () => {
    for (const signal of signals) process.removeListener(signal, interrupt);
  };
}

import { type EventStream, MeerkatError, type RunResult } from "../sdk/index.ts";
import { exitCodes } from "./exit-codes.ts";
import { cancelOnSignal, LOST } from "./leaving.ts";
import { print, printJson, tell } from "./print.ts";
import { Screen } from "./screen.ts";
import { RunTokens } from "./turn-cost.ts";
import type { Display } from "./turn-flags.ts";
import { TurnRenderer } from "./turn-renderer.ts";
import { summaryLine } from "./turn-summary.ts";
import type { Connection } from "./with-client.ts";

/** How a turn is followed. */
export interface FollowOptions extends Display {
  /** The user may have typed a short reference: tell which session it was. */
  tellsIds?: boolean;
}

/** Shows a turn until it ends, then its outcome; Ctrl-C cancels the turn. */
export async function followTurn(
  connection: Connection,
  stream: EventStream,
  display: FollowOptions,
): Promise<number> {
  const since = performance.now();
  const isProse = !display.json && !display.wantsJson;
  const screen = new Screen(isProse ? process.stdout : process.stderr, process.stderr);
  const tokens = await shown(connection, stream, screen, display);
  const result = stream.result;
  printAnswer(result, display);
  for (const note of extractionNotes(result)) tell(note);
  const milliseconds = performance.now() - since;
  const facts = screen.noteWidth !== undefined && {
    milliseconds,
    // A price is a courtesy: the answer does not fail for want of it.
    cost: await tokens.cost(connection.client, result.sessionId).catch(() => undefined),
  };
  tell(summaryLine(result, facts || undefined));
  if (display.tellsIds) tell(idLines(result));
  if (result.terminalCauseKind === "budget_exhausted") return exitCodes.budgetExhausted;
  return result.extractionError ? exitCodes.error : exitCodes.ok;
}

async function shown(
  connection: Connection,
  stream: EventStream,
  screen: Screen,
  display: FollowOptions,
): Promise<RunTokens> {
  const renderer = new TurnRenderer(screen, display);
  const stopListening = cancelOnSignal(connection, screen, {
    session: () => stream.sessionId,
  });
  const tokens = new RunTokens();
  connection.onLost = () => screen.note(LOST);
  let began = false;
  screen.wait("Waiting");
  try {
    for await (const event of stream) {
      began = true;
      renderer.show(event);
      tokens.see(event);
    }
  } catch (error) {
    screen.endLine();
    throw began ? withWayBack(error, stream.sessionId) : error;
  } finally {
    screen.stopWaiting();
    stopListening();
  }
  renderer.finish();
  return tokens;
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
  if (json) printJson(jsonResult(result));
  else if (structuredOutput !== null && structuredOutput !== undefined) printJson(structuredOutput);
  else if (wantsJson && !streaming) tell(text);
  else if (!streaming) print(text);
}

function extractionNotes({ schemaWarnings, extractionError }: RunResult): string[] {
  const warnings = (schemaWarnings ?? []).map(
    ({ provider, path, message }) => `Warning: ${provider} schema ${path || "/"}: ${message}`,
  );
  if (!extractionError) return warnings;
  const { attempts, reason } = extractionError;
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return [...warnings, `Error: no JSON that fits the schema after ${tries}: ${reason}`];
}

function idLines({ sessionId, sessionRef }: RunResult): string {
  return `Session: ${sessionId}\nSession Ref: ${sessionRef}`;
}

/** A failed turn leaves its session behind: the user is told how to go on with it. */
function withWayBack(error: unknown, sessionId: string | undefined): unknown {
  if (!(error instanceof MeerkatError) || sessionId === undefined) return error;
  const way =
    error.code === "CONNECTION_CLOSED"
      ? `Its turn may still run: rkat watch ${sessionId}`
      : `The session is kept: rkat resume ${sessionId} "…"`;
  return new MeerkatError(error.code, `${error.message}\n${way}`, { cause: error });
}

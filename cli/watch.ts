import { snake } from "../sdk/casing.ts";
import type { AgentEvent, AgentEventEnvelope, EventSubscription } from "../sdk/index.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { cancelOnSignal, LOST } from "./leaving.ts";
import { print } from "./print.ts";
import { Screen } from "./screen.ts";
import { findSession } from "./session-lookup.ts";
import { chooseView } from "./stream-view.ts";
import { shortened } from "./transcript.ts";
import { TurnRenderer } from "./turn-renderer.ts";
import { type Connection, withClient } from "./with-client.ts";

/** The flags of `rkat watch`. */
export interface WatchFlags extends GlobalFlags {
  after?: number;
  once?: boolean;
  json?: boolean;
  output: "text" | "json";
  streamView?: string;
  streamFocus?: string;
  verbose?: boolean;
}

/** How far back the beginning of a running turn is looked for, in places of the log. */
const LOOK_BACK = 5_000;
const PAGE = 1_000;

/** Follows a session, whoever starts its turns, until it is archived or the user leaves. */
export async function watch(reference: string, flags: WatchFlags): Promise<number> {
  const view = chooseView(flags, true);
  return await withClient(flags, async (connection) => {
    const { client } = connection;
    const session_id = await findSession(reference, connection);
    const { last_seq, state } = await client.call("session/read", { session_id });
    const isRunning = state === "running";
    const begin = isRunning ? await beginningOfTurn(connection, session_id, last_seq) : last_seq;
    const events = await client.subscribeSessionEvents(session_id, { after: flags.after ?? begin });
    const json = flags.json === true || flags.output === "json";
    const screen = new Screen(json ? process.stderr : process.stdout, process.stderr);
    screen.note(
      `Watching session ${session_id} (${state}); Ctrl-C ${isRunning ? "cancels its turn" : "leaves"}.`,
    );
    connection.onLost = () => screen.note(LOST);
    const renderer = new TurnRenderer(screen, {
      streaming: true,
      verbose: flags.verbose === true,
      view,
    });
    const show = json
      ? printEvent
      : (event: AgentEventEnvelope) => showEvent(event, screen, renderer);
    const watched = { events, session_id, isRunning, show, once: flags.once === true };
    await follow(connection, screen, watched);
    if (!json && view.kind === "focus") renderer.finish();
    screen.stopWaiting();
    screen.endLine();
    return exitCodes.ok;
  });
}

interface Watched {
  events: EventSubscription;
  session_id: string;
  isRunning: boolean;
  once: boolean;
  show: (event: AgentEventEnvelope) => void;
}

async function follow(connection: Connection, screen: Screen, watched: Watched): Promise<void> {
  const { events, session_id, show, once } = watched;
  let { isRunning } = watched;
  const stopListening = cancelOnSignal(connection, screen, {
    session: () => session_id,
    // Nobody's turn is cut off by going.
    leaveIdle: () => {
      if (isRunning) return false;
      void events.close();
      return true;
    },
  });
  try {
    for await (const event of events) {
      if (event.payload.type === "run_started") isRunning = true;
      show(event);
      if (!endsTurn(event.payload)) continue;
      isRunning = false;
      if (once) return;
    }
  } finally {
    stopListening();
  }
}

/** With an output schema the answer as JSON comes after the run's end. */
function endsTurn(event: AgentEvent): boolean {
  if (event.type === "run_completed") return !event.extractionRequired;
  return ["run_failed", "extraction_succeeded", "extraction_failed"].includes(event.type);
}

function showEvent({ payload }: AgentEventEnvelope, screen: Screen, renderer: TurnRenderer): void {
  if (payload.type === "run_started") screen.note(`▶ ${shortened(payload.prompt)}`);
  renderer.show(payload);
  if (payload.type === "run_completed" || payload.type === "run_failed") {
    screen.stopWaiting();
    screen.endLine();
  }
  if (payload.type === "run_failed") screen.note(`✗ ${payload.error}`);
  if (payload.type === "extraction_succeeded")
    screen.note(JSON.stringify(payload.structuredOutput));
  if (payload.type === "run_completed") {
    const { inputTokens, outputTokens } = payload.usage;
    screen.note(`[Tokens of the turn: ${inputTokens} in / ${outputTokens} out]`);
  }
}

/** One event per line, in the wire's words. */
function printEvent(event: AgentEventEnvelope): void {
  print(JSON.stringify(snake(event)));
}

/** The place before the running turn's first event, or as far back as is looked. */
async function beginningOfTurn(
  { client }: Connection,
  session_id: string,
  newest: number,
): Promise<number> {
  const scope = { type: "session", session_id } as const;
  let begin = Math.max(0, newest - LOOK_BACK);
  for (let sequence = begin, isMore = true; isMore;) {
    const page = await client.call("events/list_since", {
      scope,
      cursor: { scope, sequence },
      limit: PAGE,
    });
    for (const { event, cursor } of page.events) {
      if (event["type"] === "run_started") begin = cursor.sequence - 1;
      sequence = cursor.sequence;
    }
    isMore = page.has_more && page.events.length > 0;
  }
  return begin;
}

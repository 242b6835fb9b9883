import {
  type ReadResourceResult,
  ResourceNotFoundError,
  type Server,
} from "@modelcontextprotocol/server";
import { AppError, type SessionSummary, toAppError } from "../../../sdk/contract/index.ts";
import { type Caller, call } from "../../call.ts";
import { sessionFor } from "../../confinement.ts";
import { protocolError } from "./failure.ts";
import type { Json } from "./tool.ts";

const PAGE = 50;
const MAX_MESSAGES = 1_000;

const sessionUri = "meerkat://{realm}/sessions/{id}";

/** The templates of a session's resources. */
const templates = [
  {
    uriTemplate: sessionUri,
    name: "session",
    title: "Transcript of a session",
    description: "The messages of a session as JSON, oldest first.",
    mimeType: "application/json",
  },
  {
    uriTemplate: `${sessionUri}/events{?after}`,
    name: "session-events",
    title: "Event log of a session",
    description:
      "Events after a seq, one JSON object per line. _meta says whether there is more, and where.",
    mimeType: "application/x-ndjson",
  },
];

/** A session's transcript and its event log, as resources. */
export function serveResources(server: Server, caller: Caller): void {
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: templates }));
  server.setRequestHandler("resources/list", async ({ params }) => {
    const offset = Number(params?.cursor ?? 0);
    const sessions = await listSessions(caller, offset, PAGE);
    return {
      resources: sessions.map((session) => resourceOf(session, caller.realm)),
      ...(sessions.length === PAGE ? { nextCursor: String(offset + PAGE) } : {}),
    };
  });
  server.setRequestHandler("resources/read", async ({ params: { uri } }) => {
    try {
      return await readResource(uri, caller);
    } catch (cause) {
      if (toAppError(cause).code === "SESSION_NOT_FOUND") throw new ResourceNotFoundError(uri);
      throw protocolError(cause);
    }
  });
}

/** The realm's sessions, most recently used first. @throws {ProtocolError} */
export async function listSessions(
  caller: Caller,
  offset: number,
  limit: number,
): Promise<readonly SessionSummary[]> {
  try {
    const listed = await call("session/list", { offset, limit }, caller);
    // The operation's own output.
    return (listed as { sessions: SessionSummary[] }).sessions;
  } catch (cause) {
    throw protocolError(cause);
  }
}

/** A session's address as a resource. */
export function resourceUri(realm: string, sessionId: string): string {
  return `meerkat://${realm}/sessions/${sessionId}`;
}

function resourceOf(session: SessionSummary, realm: string) {
  const { session_id, model, message_count, updated_at } = session;
  return {
    uri: resourceUri(realm, session_id),
    name: session_id,
    title: `Session ${session_id} (${model}, ${message_count} messages)`,
    description: `Transcript; ${session.state}`,
    mimeType: "application/json",
    annotations: { lastModified: new Date(updated_at * 1_000).toISOString() },
  };
}

async function readResource(uri: string, caller: Caller): Promise<ReadResourceResult> {
  const url = URL.parse(uri);
  // The parser lowers the realm's letters, as it would a host's; the text keeps them.
  const [, realm, id, log] =
    /^meerkat:\/\/([^/?#]+)\/sessions\/([^/?#]+)(\/events)?(?:\?|$)/.exec(uri) ?? [];
  if (!url || realm !== caller.realm || !id) throw new ResourceNotFoundError(uri);
  if (!log) return transcript(uri, id, caller);
  const after = url.searchParams.get("after") ?? "0";
  if (!/^\d{1,15}$/.test(after)) {
    throw new AppError("INVALID_PARAMS", `Invalid cursor '${after}': expected the seq of an event`);
  }
  return eventLog(uri, id, Number(after), caller);
}

async function transcript(uri: string, id: string, caller: Caller): Promise<ReadResourceResult> {
  const page = await call("session/history", { session_id: id, limit: MAX_MESSAGES }, caller);
  return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify(page) }] };
}

async function eventLog(
  uri: string,
  id: string,
  after: number,
  caller: Caller,
): Promise<ReadResourceResult> {
  const session = await sessionFor("read", id, caller);
  // A log of nothing and no log at all look the same: the session itself says which.
  if (after === 0) await session.stub().history(0, 0);
  const { text, cursor, more } = await session.page(after, "json");
  const _meta: Json = { "meerkat/cursor": cursor, "meerkat/more": more };
  return { contents: [{ uri, mimeType: "application/x-ndjson", text, _meta }] };
}

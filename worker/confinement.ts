import { AppError, type Labels, type Scope, type Watching } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";
import { realmOf, type SessionAddress, sessionAddress } from "./session-address.ts";

type Input = Record<string, unknown>;

/** What a token with labels may do beyond single sessions. Whatever is not here and names no session is refused. */
const beyondSessions: ReadonlySet<string> = new Set([
  "session/create",
  "session/list",
  "tickets/create",
  "tokens/self",
  "capabilities/get",
  "skills/list",
  "models/catalog",
]);

/** Where sessions get labels, or are chosen by them. */
const labelled: ReadonlySet<string> = new Set([
  "session/create",
  "session/list",
  "session/fork_at",
]);

/** All that a share may do. */
const watching: ReadonlySet<string> = new Set([
  "session/read",
  "session/status",
  "session/history",
  "events/latest_cursor",
  "events/list_since",
  "events/snapshot",
  "tickets/create",
  "tokens/self",
  // Clients ask before anything else; it tells nothing of the realm.
  "capabilities/get",
]);

/**
 * The one place where an operation meets what its caller is confined to. @returns the input as it may be run
 * @throws {AppError} `SCOPE_DENIED`; for labels also when there is no such session
 */
export async function confine(name: string, input: Input, caller: Caller): Promise<Input> {
  const { labels, watching: watched } = caller.confines ?? {};
  const session = sessionNamedIn(input);
  if (watched) {
    const isHidden = name === "session/history" && watched.after > 0;
    if (!watching.has(name) || isHidden) throw denied(`This share does not allow '${name}'`);
  }
  if (session !== undefined) await checkSession(session, caller);
  else if (labels && !beyondSessions.has(name)) {
    throw denied(`A token with labels does not allow '${name}'`);
  }
  return labels && labelled.has(name) ? withLabels(name, input, labels) : input;
}

/** The session for something that is not an operation of the table. @throws {AppError} `SCOPE_DENIED` */
export async function sessionFor(
  scope: Scope,
  locator: string,
  caller: Caller,
): Promise<SessionAddress> {
  if (!caller.scopes.includes(scope)) {
    const what = scope === "read" ? "watching a session" : "running turns";
    throw denied(`This token does not allow ${what}`);
  }
  await checkSession(locator, caller);
  return sessionAddress(locator, caller);
}

async function checkSession(locator: string, caller: Caller): Promise<void> {
  const { labels, watching: watched } = caller.confines ?? {};
  if (!labels && !watched) return;
  const { sessionId } = sessionAddress(locator, caller);
  if (watched && watched.session_id !== sessionId) throw outside(watched);
  if (labels && !(await realmOf(caller).directory.has(sessionId, labels))) {
    throw denied("This token allows only sessions with its labels", { labels });
  }
}

/** A source of a fork keeps its labels unless others are given. */
function withLabels(name: string, input: Input, labels: Labels): Input {
  // Each of these operations' own schema.
  const asked = input.labels as Labels | null | undefined;
  if (name === "session/fork_at" && !asked) return input;
  for (const [key, value] of Object.entries(labels)) {
    if (asked?.[key] === undefined || asked[key] === value) continue;
    throw denied(`This token allows only sessions with the label ${key}=${value}`, { labels });
  }
  return { ...input, labels: { ...asked, ...labels } };
}

/** Operations name their session in one of two ways. */
function sessionNamedIn({ session_id, scope }: Input): string | undefined {
  if (typeof session_id === "string") return session_id;
  if (typeof scope !== "object" || scope === null || !("session_id" in scope)) return undefined;
  return String(scope.session_id);
}

function outside({ session_id }: Watching): AppError {
  return denied("This access is bound to another session", { session_id });
}

function denied(message: string, details?: Record<string, unknown>): AppError {
  return new AppError("SCOPE_DENIED", message, details);
}

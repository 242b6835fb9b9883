import { freshKey } from "../sdk/fresh-key.ts";
import { exitCodes } from "./exit-codes.ts";
import { keyValues } from "./flag-values.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { print, printJson } from "./print.ts";
import { findSession } from "./session-lookup.ts";
import { labelText, minute, sessionTable } from "./session-table.ts";
import { transcriptText } from "./transcript.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat sessions list`. */
export interface ListFlags extends GlobalFlags {
  limit: number;
  offset: number;
  label: string[];
  json?: boolean;
}

/** The flags of `rkat sessions fork`. */
export interface ForkFlags extends GlobalFlags {
  at?: number;
  label: string[];
}

/** The flags of `rkat sessions rewind`. */
export interface RewindFlags extends GlobalFlags {
  turns: number;
}

/** Prints a page of the realm's sessions, most recently used first. */
export async function listSessions(flags: ListFlags): Promise<number> {
  const { limit, offset } = flags;
  const labels = keyValues("--label", flags.label);
  return await withClient(flags, async ({ client }) => {
    const { sessions } = await client.call("session/list", { limit, offset, labels });
    if (flags.json) printJson(sessions);
    else print(sessions.length === 0 ? "No sessions found." : sessionTable(sessions));
    return exitCodes.ok;
  });
}

/** Prints one session and its transcript. */
export async function showSession(reference: string, flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async (connection) => {
    const session_id = await findSession(reference, connection);
    const info = await connection.client.call("session/read", { session_id });
    print(`Session: ${info.session_id}`);
    print(`Session Ref: ${info.session_ref}`);
    print(`Messages: ${info.message_count}`);
    print(`Version: ${info.last_seq}`);
    print(`Model: ${info.model} (${info.provider})`);
    print(`State: ${info.state}`);
    print(`Tokens: ${info.usage.input_tokens} in / ${info.usage.output_tokens} out`);
    print(`Updated: ${minute(info.updated_at)}`);
    if (info.labels) print(`Labels: ${labelText(info.labels)}`);
    // A large transcript comes in pages, each of which may be as large as memory allows.
    for (let offset = 0, isMore = true; isMore;) {
      const page = await connection.client.call("session/history", { session_id, offset });
      if (page.messages.length > 0) print(`\n${transcriptText(page.messages, offset)}`);
      offset += page.messages.length;
      isMore = page.has_more && page.messages.length > 0;
    }
    return exitCodes.ok;
  });
}

/** Archives a session. */
export async function deleteSession(reference: string, flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async (connection) => {
    const session_id = await findSession(reference, connection);
    const { session_ref } = await connection.client.call("session/read", { session_id });
    const archived = await connection.client.call("session/archive", { session_id });
    print(`Deleted session: ${archived.session_id}`);
    print(`Session Ref: ${session_ref}`);
    return exitCodes.ok;
  });
}

/** Makes a new session out of one's transcript. */
export async function forkSession(
  reference: string,
  { at, label, ...flags }: ForkFlags,
): Promise<number> {
  const labels = label.length > 0 ? keyValues("--label", label) : undefined;
  return await withClient(flags, async (connection) => {
    const source = await findSession(reference, connection);
    const params = { session_id: source, at, labels, idempotency_key: freshKey() };
    const forked = await connection.client.call("session/fork_at", params);
    print(`Forked session: ${forked.session_id}`);
    print(`Session Ref: ${forked.session_ref}`);
    print(`Messages: ${forked.message_count}`);
    return exitCodes.ok;
  });
}

/** Undoes a session's newest turns. */
export async function rewindSession(
  reference: string,
  { turns, ...flags }: RewindFlags,
): Promise<number> {
  return await withClient(flags, async (connection) => {
    const session_id = await findSession(reference, connection);
    const params = { session_id, turns, idempotency_key: freshKey() };
    const rewound = await connection.client.call("session/rewind", params);
    print(`Rewound session: ${rewound.session_id}`);
    print(`Messages: ${rewound.message_count} (${rewound.removed_messages} removed)`);
    return exitCodes.ok;
  });
}

/** Cancels the turn that a session is running; says the same when none is. */
export async function interruptSession(reference: string, flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async (connection) => {
    const session_id = await findSession(reference, connection);
    const interrupted = await connection.client.call("turn/interrupt", { session_id });
    print(`Interrupted session: ${interrupted.session_id}`);
    return exitCodes.ok;
  });
}

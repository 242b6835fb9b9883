import type { OutputOf, Scope, TokenInfo } from "../sdk/contract/index.ts";
import { columns } from "./columns.ts";
import { exitCodes } from "./exit-codes.ts";
import { keyValues } from "./flag-values.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { print, printJson, tell } from "./print.ts";
import { findSession } from "./session-lookup.ts";
import { labelText, minute } from "./session-table.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat tokens create`. */
export interface TokenFlags extends GlobalFlags {
  name?: string;
  scope?: Scope[];
  /** Seconds. */
  expiresIn?: number;
  label: string[];
  origin?: string[];
  maxTurns?: number;
  turnsPerMinute?: number;
  json?: boolean;
}

/** The flags of `rkat sessions share`. */
export interface ShareFlags extends GlobalFlags {
  after: number;
  redactTools?: boolean;
  /** Seconds. */
  expiresIn?: number;
  json?: boolean;
}

/** Creates a token. The token alone goes to standard output, so that a script can take it. */
export async function createToken(flags: TokenFlags): Promise<number> {
  const labels = flags.label.length > 0 ? keyValues("--label", flags.label) : undefined;
  return await withClient(flags, async ({ client }) => {
    const { name, scope: scopes, expiresIn: expires_in, origin: origins } = flags;
    const { maxTurns: max_concurrent_turns, turnsPerMinute: turns_per_minute } = flags;
    const limits = { max_concurrent_turns, turns_per_minute };
    const params = { name, scopes, expires_in, labels, limits, origins };
    printNew(await client.call("tokens/create", params), flags.json);
    return exitCodes.ok;
  });
}

/** Prints the realm's tokens and shares. */
export async function listTokens(flags: TokenFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const { tokens } = await client.call("tokens/list", {});
    if (flags.json) printJson(tokens);
    else print(tokens.length === 0 ? "No tokens found." : tokenTable(tokens));
    return exitCodes.ok;
  });
}

/** Ends a token or a share. */
export async function revokeToken(id: string, flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const { revoked } = await client.call("tokens/revoke", { token_id: id });
    if (revoked) print(`Revoked token: ${id}`);
    else tell(`Error: no token '${id}'`);
    return revoked ? exitCodes.ok : exitCodes.error;
  });
}

/** Prints what the command line's own credential allows. */
export async function showSelf(flags: TokenFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const self = await client.call("tokens/self", {});
    if (flags.json) printJson(self);
    else print(columns(selfRows(self)));
    return exitCodes.ok;
  });
}

/** Makes a token that may only watch one session, and prints the link that opens it. */
export async function shareSession(reference: string, flags: ShareFlags): Promise<number> {
  return await withClient(flags, async (connection) => {
    const session_id = await findSession(reference, connection);
    const { after, redactTools: redact_tools, expiresIn: expires_in } = flags;
    const params = { session_id, after, redact_tools, expires_in };
    const made = await connection.client.call("session/share", params);
    printNew(made, flags.json, made.url);
    return exitCodes.ok;
  });
}

function printNew(made: OutputOf<"tokens/create">, json = false, shown = made.token): void {
  if (json) return printJson(made);
  print(shown);
  const until = made.expires_at === undefined ? "" : ` It expires ${minute(made.expires_at)}.`;
  tell(`Token ${made.token_id}: shown this once.${until}`);
}

function selfRows(self: OutputOf<"tokens/self">): string[][] {
  const { watching, labels, limits = {}, expires_at } = self;
  const { max_concurrent_turns: atOnce, turns_per_minute: inMinute } = limits;
  const turns = [atOnce && `${atOnce} at once`, inMinute && `${inMinute} a minute`];
  return [
    ["Realm:", self.reach === "deployment" ? `any, now ${self.realm_id}` : self.realm_id],
    ["Actor:", self.actor],
    ["Scopes:", self.scopes.join(",")],
    ["Only:", watching ? `session ${watching.session_id}` : labelText(labels) || "-"],
    ["Turns:", turns.filter(Boolean).join(", ") || "as many as the realm allows"],
    ["Expires:", expires_at === undefined ? "never" : minute(expires_at)],
  ];
}

function tokenTable(tokens: readonly TokenInfo[]): string {
  const rows = tokens.map((token) => [
    token.token_id,
    token.name ?? "-",
    token.scopes.join(","),
    token.watching ? `session ${token.watching.session_id}` : labelText(token.labels) || "-",
    token.expires_at === undefined ? "never" : minute(token.expires_at),
    token.last_used_at === undefined ? "never" : minute(token.last_used_at),
  ]);
  return columns([["ID", "NAME", "SCOPES", "ONLY", "EXPIRES", "USED"], ...rows]);
}

import * as z from "zod";
import {
  type Access,
  AppError,
  checkNames,
  checkNesting,
  type ClientTool,
  type InputOf,
  isOperationName,
  type Operation,
  type OperationName,
  type OutputOf,
  operations,
} from "../sdk/contract/index.ts";
import type { ToolInfo } from "./app-options.ts";
import { audited } from "./audit-trail.ts";
import { confine } from "./confinement.ts";
import { handlers } from "./handlers/index.ts";
import { nameSpan } from "./trace-context.ts";
import type { SessionAddress } from "./session-address.ts";

const MAX_SHOWN_CHARS = 64;

/** Who asks, in which realm, and with what in reach. */
export interface Caller extends Access {
  env: Env;
  realm: string;
  /** Whether the caller may name other realms than this one: the deployment's administrators may. */
  reach: "deployment" | "realm";
  /** Where the deployment was reached: an origin, and the path that it is served below, if any. */
  host: string;
  /** The OAuth client that holds the token, if it was granted to one. */
  client?: string | undefined;
  /** The token that vouched for that client: what it may do is counted with that one's. */
  voucher?: string | undefined;
  /** What the calling process calls itself, for information. */
  instance?: string | undefined;
  /** The request's own id, for logs. */
  requestId?: string | undefined;
  /** The trace that its turns belong to (W3C Trace Context). */
  traceparent?: string | undefined;
  /** The web page that asks, if a browser does. */
  origin: string | null;
  /** The client's address, where the platform tells it. */
  ip: string | null;
  /** Tools that this client runs itself while it is connected; its turns wait for it. */
  clientTools?: readonly ClientTool[];
  /** The tools that an embedding Worker gave its sessions. */
  ownTools?: readonly ToolInfo[];
  /** Told of a turn as soon as it runs, by surfaces that stream its events before its result. */
  onRun?: (run: StartedRun) => void;
}

/** A turn that an operation started: its events come after `after`. */
export interface StartedRun {
  session: SessionAddress;
  runId: string;
  after: number;
  /** Whether the run's first event lies before `after`. */
  isUnderWay?: boolean;
}

/** One function per operation of the table. */
export type Handlers = {
  [Name in OperationName]: (input: InputOf<Name>, caller: Caller) => Promise<OutputOf<Name>>;
};

/**
 * The one way in. Surfaces only translate their protocol to and from this call.
 * @throws {AppError} `NOT_FOUND`, `SCOPE_DENIED`, `INVALID_PARAMS`, and what the operation itself raises.
 */
export async function call(name: string, params: unknown, caller: Caller): Promise<unknown> {
  if (!isOperationName(name)) {
    throw new AppError("NOT_FOUND", `No operation named '${name.slice(0, MAX_SHOWN_CHARS)}'`);
  }
  const operation: Operation = operations[name];
  const { scope } = operation;
  if (scope !== "any" && !caller.scopes.includes(scope)) {
    const details = { needed: scope, granted: [...caller.scopes] };
    throw new AppError("SCOPE_DENIED", `This token does not allow '${name}'`, details);
  }

  nameSpan(name, caller.realm);
  checkNesting(params);
  checkNames(params);
  const input = operation.input.safeParse(unwrapped(operation, params));
  if (!input.success) throw invalid(input.error);

  // A name and its handler always match, but TypeScript cannot see that through the union of names.
  const handler = handlers[name] as (input: unknown, caller: Caller) => Promise<unknown>;
  const given = await confine(name, input.data, caller);
  return audited(name, given, caller, () => handler(given, caller));
}

/** Some operations take their one member's value alone in place of an object that holds it. */
function unwrapped({ bareBody }: Operation, params: unknown): unknown {
  if (!bareBody || typeof params !== "object" || params === null) return params;
  return bareBody in params ? params : { [bareBody]: params };
}

function invalid(error: z.ZodError): AppError {
  const issues = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const [first] = issues;
  const where = first?.path ? `${first.path}: ` : "";
  return new AppError("INVALID_PARAMS", `Invalid params: ${where}${first?.message ?? ""}`, {
    issues,
  });
}

import type { DurableObject } from "cloudflare:workers";
import type { Hono } from "hono";
import { RealmObject as Realm } from "../durable-objects/realm/realm.ts";
import { defineSession as define } from "../durable-objects/session/define-session.ts";
import { SessionObject as Session } from "../durable-objects/session/session.ts";
import type { SessionOptions } from "../durable-objects/session/session-options.ts";
import { createApp as create } from "./app.ts";
import type { AppOptions } from "./app-options.ts";

// What `import … from "meerkat-edge/worker"` gives: all that another Worker needs to serve sessions itself.
// The types say no more than that Worker must know, and nothing of our `Env`: it has one of its own.

export type { SessionOptions } from "../durable-objects/session/session-options.ts";
export {
  defineTool,
  type ToolOutput,
  type ToolSpec,
} from "../durable-objects/tools/define-tool.ts";
export { type Tool, type ToolContext, ToolError } from "../durable-objects/tools/tool.ts";
export type { ArgsOf, ToolInput } from "../durable-objects/tools/tool-input.ts";
export { AppError, type ErrorCode } from "../sdk/contract/errors.ts";
export type { AppOptions } from "./app-options.ts";
export type { Authenticate, Identity } from "./identity.ts";

/** The app by what an embedding Worker may see of it: its variables are between our own handlers. */
type App = Hono<{ Bindings: Cloudflare.Env }>;

/** A Durable Object's class; its methods are between our Worker and its objects. */
export type ObjectClass = new (ctx: DurableObjectState, env: Cloudflare.Env) => DurableObject;

/** Protocols, access and operations as a Hono app, to be served whole or mounted below a path. */
// Hono's type of an app also says what handlers that are added to it may read: here less than ours do.
export const createApp = create as unknown as (options?: AppOptions) => App;

/** The sessions' class with tools of one's own, to be exported as the class that `SESSIONS` is bound to. */
export const defineSession: (options: SessionOptions) => ObjectClass = define;

const PlainSession: ObjectClass = Session;
const PlainRealm: ObjectClass = Realm;

/** A conversation, without tools of one's own. */
export class SessionObject extends PlainSession {}

/** A tenant: its config, its directory of sessions, its tokens. */
export class RealmObject extends PlainRealm {}

import * as z from "zod";
import { RealmId, Scope } from "../sdk/contract/index.ts";
import { boundTo, type Grant } from "./grant.ts";

const MAX_ACTOR_CHARS = 128;

/** Whom an embedding Worker has recognised, and what they may do. */
export interface Identity {
  /** Who it is, for the audit log and the limits: a user's id, say. At most 128 characters. */
  actor: string;
  /** The tenant, and the only one that they reach; `"*"` for all of the deployment. */
  realm: string;
  /** `read`, `run`, `admin`: each has to be named. */
  scopes: readonly Scope[];
  /** Only sessions with all of these labels; sessions that they create get them. */
  labels?: Record<string, string>;
}

/**
 * Says who asks. `undefined` leaves it to the deployment's own tokens. What it throws lets nobody in:
 * an `AppError` is told to the client, anything else is logged. The request has no body.
 */
export type Authenticate = (
  request: Request,
  env: Cloudflare.Env,
) => Identity | undefined | Promise<Identity | undefined>;

// It comes from code that need not be TypeScript, and decides about access.
const CheckedIdentity = z.object({
  actor: z.string().min(1).max(MAX_ACTOR_CHARS),
  realm: z.union([z.literal("*"), RealmId]),
  scopes: z.array(Scope),
  labels: z.record(z.string(), z.string()).optional(),
});

/**
 * What the embedding Worker's own check allows in the realm `asked`, if it knows who asks.
 * @throws {AppError} `SCOPE_DENIED` for another realm than theirs, and what the check throws
 */
export async function ownGrant(
  authenticate: Authenticate,
  request: Request,
  env: Env,
  asked: string | undefined,
): Promise<Grant | undefined> {
  const { url, method, headers, cf } = request;
  // Without the body: whoever read it here would take it from the operation.
  const bare = new Request(url, { method, headers, ...(cf && { cf }) });
  const identity = await authenticate(bare, env);
  if (identity === undefined) return undefined;
  const { actor, realm, scopes, labels } = CheckedIdentity.parse(identity);
  // A name of their own, so that nobody is taken for one of our tokens.
  const access = { scopes, actor: `own:${actor}`, ...(labels && { confines: { labels } }) };
  if (realm === "*") return { ...access, reach: "deployment" };
  if (asked !== undefined && asked !== realm) throw boundTo(realm);
  return { ...access, realm, reach: "realm" };
}

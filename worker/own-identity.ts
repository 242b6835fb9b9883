import * as z from "zod";
import { RealmId, Scope } from "../sdk/contract/index.ts";
import { boundTo, type Grant } from "./grant.ts";
import type { Authenticate } from "./identity.ts";

const MAX_ACTOR_CHARS = 128;

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

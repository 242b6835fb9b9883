import { AppError, type Confines, shareUrl } from "../../sdk/contract/index.ts";
import type { Caller, Handlers } from "../call.ts";
import { realmOf, sessionAddress } from "../session-address.ts";
import { mintToken, revokeToken } from "../token-grants.ts";

export const tokenHandlers = {
  "tokens/create": async ({ labels, limits, expires_in: expiresIn, ...request }, caller) => {
    const beyond = request.scopes.filter((scope) => !caller.scopes.includes(scope));
    if (beyond.length > 0) {
      const message = `A token cannot give more than it has: ${beyond.join(", ")}`;
      throw new AppError("SCOPE_DENIED", message, { granted: [...caller.scopes] });
    }
    const confines = {
      ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      ...(limits && Object.keys(limits).length > 0 ? { limits } : {}),
    };
    checkConfined(request.scopes, confines);
    return mintToken(caller, { ...request, expiresIn, confines });
  },

  "tokens/self": async (_input, { realm, actor, reach, scopes, confines, expiresAt }) => ({
    realm_id: realm,
    actor,
    reach,
    scopes: [...scopes],
    ...confines,
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  }),

  "tokens/list": async (_input, caller) => ({ tokens: await realmOf(caller).tokens.list() }),

  "tokens/revoke": async ({ token_id }, caller) => ({
    token_id,
    revoked: await revokeToken(caller, token_id),
  }),

  "session/share": async ({ session_id, expires_in: expiresIn, ...shown }, caller) => {
    const session = sessionAddress(session_id, caller);
    await checkShareable(session_id, caller);
    const watching = { session_id: session.sessionId, ...shown };
    const made = await mintToken(caller, { scopes: ["read"], expiresIn, confines: { watching } });
    return { ...made, share_id: made.token_id, url: shareUrl(caller.host, made.token) };
  },
} satisfies Partial<Handlers>;

/** A realm's administrator can make tokens without them: they would only look like a limit. @throws {AppError} */
function checkConfined(scopes: readonly string[], confines: Confines): void {
  const [what] = Object.keys(confines);
  if (what === undefined || !scopes.includes("admin")) return;
  throw new AppError("INVALID_PARAMS", `A token with ${what} cannot have the scope admin`);
}

/** @throws {AppError} `SESSION_NOT_FOUND`; archived sessions can be shared, as they can be read */
async function checkShareable(locator: string, caller: Caller): Promise<void> {
  await sessionAddress(locator, caller).stub().history(0, 0);
}

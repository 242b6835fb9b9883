import { AppError, type Scope } from "../../../sdk/contract/index.ts";
import { isTokenId } from "../../access-token.ts";
import { authenticate } from "../../auth.ts";
import { EdgeLimit } from "../../edge-limit.ts";

/** Who vouches for a client, and what for. */
export interface Voucher {
  realm: string;
  scopes: readonly Scope[];
  actor: string;
  /** The access token that vouches; none for the deployment's own secret. */
  parentId: string | undefined;
}

/**
 * Reads the token that somebody pasted, as if they had come with it: counted, and of the realm that is
 * asked for. Only what can be looked up again may vouch, so that the grant ends with it.
 * @throws {AppError} what `authenticate` throws
 */
export async function voucher(
  request: Request,
  env: Env,
  { token, realm: asked }: { token: string; realm: string | undefined },
): Promise<Voucher> {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new AppError("UNAUTHORIZED", "Paste an access token of the realm, or the admin token");
  }
  const limit = new EdgeLimit(env, request);
  // Not at the address of MCP: a token that a client holds may not vouch for another.
  const presented = new Request(request.url.split("?")[0] ?? "", {
    headers: { authorization: `Bearer ${token}` },
  });
  const { actor, realm, scopes } = await limit.known(asked, () =>
    authenticate(presented, env, asked, () => limit.stranger()),
  );
  if (actor === "admin") {
    return { actor, scopes, realm: asked ?? env.RKAT_DEFAULT_REALM, parentId: undefined };
  }
  if (realm !== undefined && isTokenId(actor)) return { actor, scopes, realm, parentId: actor };
  throw new AppError("UNAUTHORIZED", "Paste an access token (rkat_…) or the admin token");
}

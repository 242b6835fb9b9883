import {
  GrantType,
  OAuthError,
  type TokenExchangeCallbackOptions,
  type TokenExchangeCallbackResult,
} from "@cloudflare/workers-oauth-provider";
import * as z from "zod";
import { Scope } from "../../../sdk/contract/index.ts";
import { digestOf, isCurrentMark, tokenKey } from "../../access-token.ts";
import { entered } from "../../audit-trail.ts";
import type { Held } from "../../index.ts";
import { realmOf } from "../../session-address.ts";
import { freshToken } from "../../token-grants.ts";
import type { LibraryEnv } from "./authorization-server.ts";
import { Records } from "./records.ts";

/** What the consent page seals into a grant. */
export const Vouched = z.object({
  /** The token that vouched; none for the deployment's own secret. */
  parentId: z.string().optional(),
  mark: z.string(),
  clientName: z.string(),
});
export type Vouched = z.infer<typeof Vouched>;

type Options = TokenExchangeCallbackOptions<LibraryEnv>;

/** Where a request of the token endpoint comes from, and what it presents. */
export interface Presented {
  env: Env;
  ip: string | null;
  refreshToken: string | undefined;
}

/** One exchange at the token endpoint: the client gets a token of its realm in place of the library's. */
export class Exchange {
  readonly #presented: Presented;
  #minted: string | undefined;

  constructor(presented: Presented) {
    this.#presented = presented;
  }

  /** The access token that this exchange made. */
  get minted(): string | undefined {
    return this.#minted;
  }

  /** For the library to call. @throws {OAuthError} `invalid_grant`, which ends the library's record as well */
  readonly run = async (options: Options): Promise<TokenExchangeCallbackResult> => {
    const { env } = this.#presented;
    const vouched = Vouched.parse(options.props);
    const key = tokenKey(env);
    if (!key || !(await isCurrentMark(vouched.mark, env))) throw ended();
    const { text, ...secret } = await freshToken(options.userId, key);
    const isRefresh = options.grantType === GrantType.REFRESH_TOKEN;
    const held = await (isRefresh
      ? this.#renew(options, vouched, secret)
      : this.#open(options, vouched, secret));
    if (!held) throw ended();
    this.#minted = text;
    return {
      accessTokenTTL: held.accessFor,
      accessTokenScope: [...held.scopes],
      ...(isRefresh ? { refreshTokenIdleTTL: held.grantFor } : { refreshTokenTTL: held.grantFor }),
    };
  };

  async #open(options: Options, vouched: Vouched, secret: Secret): Promise<Held | undefined> {
    const { env, ip } = this.#presented;
    const { userId: realm, grantId: recordId, clientId } = options;
    const scopes = Scope.array().parse(options.requestedScope);
    const { clientGrants } = realmOf({ env, realm });
    const held = await clientGrants.open({ ...vouched, recordId, clientId, scopes }, secret);
    if (held) await new Records(env).trustClient(clientId);
    const target = { client_id: clientId, ...(held ? { token_id: held.grantId } : {}) };
    const actor = vouched.parentId ?? "admin";
    const operation = held ? "oauth/grant" : "oauth/refuse";
    await entered({ env, realm, actor, ip }, operation, target);
    return held;
  }

  async #renew(options: Options, { mark }: Vouched, secret: Secret): Promise<Held | undefined> {
    const { env, refreshToken = "" } = this.#presented;
    const scopes = Scope.array().parse(options.requestedScope);
    const spent = await digestOf(refreshToken);
    const { clientGrants } = realmOf({ env, realm: options.userId });
    return clientGrants.renew(options.grantId, { scopes, spent, mark }, secret);
  }
}

type Secret = { tokenId: string; digest: string };

function ended(): OAuthError {
  return new OAuthError("invalid_grant", {
    description: "The grant has ended: it was revoked, used before, or what vouched for it is gone",
  });
}

import { type Camel, camel, snake } from "./casing.ts";
import type { OperationOptions } from "./client-options.ts";
import type { OperationName, OutputOf, ParamsOf } from "./contract/index.ts";

/** An access token or a share as it is listed; times are unix seconds. */
export type TokenInfo = Camel<OutputOf<"tokens/list">["tokens"][number]>;
/** A new token; `token` is shown this once. */
export type NewToken = Camel<OutputOf<"tokens/create">>;
/** What a token is to allow; `expiresIn` is seconds. */
export type TokenOptions = OperationOptions & Camel<ParamsOf<"tokens/create">>;
/** What a share is to show; `expiresIn` is seconds, a week unless given. */
export type ShareOptions = OperationOptions & Camel<Omit<ParamsOf<"session/share">, "session_id">>;

type Call = <Name extends OperationName>(
  name: Name,
  params: ParamsOf<Name>,
  options?: OperationOptions,
) => Promise<OutputOf<Name>>;

/** The realm's access tokens and shares: for its administrators. */
export class Tokens {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  /** @throws {MeerkatError} `SCOPE_DENIED` for more than the client itself may do */
  async create({ signal, ...options }: TokenOptions = {}): Promise<NewToken> {
    return camel(await this.#call("tokens/create", snake(options), { signal }));
  }

  /** Newest first, shares too. @throws {MeerkatError} */
  async list(options: OperationOptions = {}): Promise<TokenInfo[]> {
    const { tokens } = await this.#call("tokens/list", {}, options);
    return tokens.map((token) => camel(token));
  }

  /** Ends a token or a share, everywhere within 30 seconds. @returns whether there was one */
  async revoke(tokenId: string, options: OperationOptions = {}): Promise<boolean> {
    const { revoked } = await this.#call("tokens/revoke", { token_id: tokenId }, options);
    return revoked;
  }

  /** Makes a token that may only watch one session. @throws {MeerkatError} `SESSION_NOT_FOUND` */
  async share(
    sessionId: string,
    { signal, ...options }: ShareOptions = {},
  ): Promise<NewToken & { shareId: string }> {
    const params = { ...snake(options), session_id: sessionId };
    return camel(await this.#call("session/share", params, { signal }));
  }
}

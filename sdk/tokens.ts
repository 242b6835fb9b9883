import { type Camel, camel, snake } from "./casing.ts";
import type { OperationOptions } from "./client-options.ts";
import type { OperationName, OutputOf, ParamsOf } from "./contract/index.ts";

/** An access token or a share as it is listed; times are unix seconds. */
export type TokenInfo = Camel<OutputOf<"tokens/list">["tokens"][number]>;
/** A new token; `token` is shown this once. */
export type NewToken = Camel<OutputOf<"tokens/create">>;
/** What the client's own credential allows; `expiresAt` is unix seconds. */
export type TokenSelf = Camel<OutputOf<"tokens/self">>;
/** A new share; `url` shows the session in the console to whoever opens it. */
export type NewShare = Camel<OutputOf<"session/share">>;
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

  /** What the client may do, and until when. Any token may ask. @throws {MeerkatError} */
  async self(options: OperationOptions = {}): Promise<TokenSelf> {
    return camel(await this.#call("tokens/self", {}, options));
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
  async share(sessionId: string, { signal, ...options }: ShareOptions = {}): Promise<NewShare> {
    const params = { ...snake(options), session_id: sessionId };
    return camel(await this.#call("session/share", params, { signal }));
  }
}

import { AppError, toAppError } from "../sdk/contract/index.ts";
import type { Grant } from "./grant.ts";

const PERIOD_SECS = 60;

/** What one request counts for at the edge, before any object hears of it. Without its binding a limit is none. */
export class EdgeLimit {
  readonly #env: Env;
  readonly #address: string | null;
  #isCounted = false;

  constructor(env: Env, request: Request) {
    this.#env = env;
    // Set by Cloudflare alone; who is not behind it has no edge to limit at.
    this.#address = request.headers.get("cf-connecting-ip");
  }

  /**
   * Counts a request of which nobody knows whose it is, once. An IPv6 client has a whole /64 to
   * itself, so that is one address here. @throws {AppError} `RATE_LIMITED`
   */
  async stranger(): Promise<void> {
    if (this.#address === null || this.#isCounted) return;
    this.#isCounted = true;
    const isAllowed = await allows(this.#env.STRANGER_LIMIT, network(this.#address));
    if (!isAllowed) throw refused("Too many requests without a valid token from this address");
  }

  /**
   * Counts a request of the OAuth dance. Clouds that host clients make it for all of their users from a
   * few addresses, so this bucket is its own and a large one. @throws {AppError} `RATE_LIMITED`
   */
  async oauth(): Promise<void> {
    if (this.#address === null) return;
    if (await allows(this.#env.OAUTH_LIMIT, network(this.#address))) return;
    throw refused("Too many OAuth requests from this address");
  }

  /**
   * Counts a request for its caller once `authenticate` knows it, and for its address if nobody does.
   * @throws {AppError} `RATE_LIMITED`, and what `authenticate` throws
   */
  async known(realm: string | undefined, authenticate: () => Promise<Grant>): Promise<Grant> {
    let grant: Grant;
    try {
      grant = await authenticate();
    } catch (cause) {
      if (toAppError(cause).code === "UNAUTHORIZED") await this.stranger();
      throw cause;
    }
    // On one's own machine there is nobody to keep out.
    if (this.#address === null) return grant;
    const caller = `${grant.realm ?? realm ?? ""}/${grant.actor}`;
    if (await allows(this.#env.CALLER_LIMIT, caller)) return grant;
    throw refused("Too many requests with this token");
  }
}

async function allows(limit: RateLimit | undefined, key: string): Promise<boolean> {
  return limit === undefined || (await limit.limit({ key })).success;
}

function network(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head.split(":");
  if (tail === undefined) return groups.slice(0, 4).join(":");
  const rest = tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0");
  return [...groups, ...zeros, ...rest].slice(0, 4).join(":");
}

function refused(message: string): AppError {
  return new AppError("RATE_LIMITED", message, { retry_after_secs: PERIOD_SECS });
}

import { randomBytes } from "node:crypto";
import { check } from "../chaos/conditions.node.ts";
import { type Json, parse } from "../chaos/json.node.ts";
import { ChaosServer } from "../chaos/server.node.ts";
import { forger } from "./forged-token.node.ts";

/** A request may take this long; longer is a hang. */
export const PATIENCE_MS = 20_000;

/** What a request shows of who sends it, over HTTP and when it opens a socket. */
export interface Credential {
  headers: Record<string, string>;
  protocols: string[];
}

/** A deployment that is closed but for its administrator and those that it lets in. */
export class Deployment implements AsyncDisposable {
  readonly server: ChaosServer;
  /** The administrator's header. */
  readonly admin: Record<string, string>;
  /** A token of a realm that it never made. */
  readonly forge: (realm: string) => string;

  static async start(): Promise<Deployment> {
    const token = randomBytes(24).toString("base64url");
    const bindings = { RKAT_OPEN_ACCESS: "", RKAT_ADMIN_TOKEN: token };
    return new Deployment(await ChaosServer.start(bindings), token);
  }

  private constructor(server: ChaosServer, token: string) {
    this.server = server;
    this.admin = { authorization: `Bearer ${token}` };
    this.forge = forger(token);
  }

  get url(): string {
    return this.server.url;
  }

  /** Asks as the administrator, in a realm. */
  async ask(
    realm: string,
    [method, path]: readonly [method: string, path: string],
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Json }> {
    const response = await fetch(`${this.url}/realms/${realm}${path}`, {
      method,
      headers: { ...this.admin, "content-type": "application/json", ...headers },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: parse(await response.text()) };
  }

  /** The same, for what must succeed. @throws {Violation} */
  async must(
    realm: string,
    route: readonly [method: string, path: string],
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Json> {
    const answer = await this.ask(realm, route, body, headers);
    const what = `${route.join(" ")}: ${answer.status} ${JSON.stringify(answer.body)}`;
    check(answer.status < 300, what);
    return answer.body;
  }

  /** A token of a realm, for all that its holders may ever do. */
  async tokenOf(realm: string): Promise<{ token: string; tokenId: string }> {
    const options = { scopes: ["read", "run", "admin"] };
    const { token, token_id } = await this.must(realm, ["POST", "/tokens"], options);
    return { token: String(token), tokenId: String(token_id) };
  }

  /** Trades a token, the administrator's unless given, for a ticket, good for one request. */
  async ticketOf(realm: string, token?: string): Promise<string> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { ticket } = await this.must(realm, ["POST", "/tickets"], {}, headers);
    return String(ticket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

/** A ticket as a client shows it; in the query it would stand in the way of what is asked there. */
export function asTicket(ticket: string): Credential {
  const protocol = `ticket.${ticket}`;
  return { headers: { "sec-websocket-protocol": protocol }, protocols: ["meerkat.v1", protocol] };
}

/** A token as a client shows it. */
export function asBearer(token: string): Credential {
  return { headers: { authorization: `Bearer ${token}` }, protocols: ["meerkat.v1"] };
}

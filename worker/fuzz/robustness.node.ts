import { inspect } from "node:util";
import * as fc from "fast-check";
import { errorCodes } from "../../sdk/contract/errors.ts";
import { check, Violation } from "../chaos/conditions.node.ts";
import { inner, type Json, parse } from "../chaos/json.node.ts";
import { asTicket, Deployment, PATIENCE_MS } from "./deployment.node.ts";
import { messagesOf } from "./reply.node.ts";
import { anyRequest, type Sent } from "./request.node.ts";
import { calm } from "./sender.node.ts";
import { Socket } from "./socket.node.ts";
import type { FuzzOptions } from "./tenancy.node.ts";

/** After so many requests the server must still do its work. */
const CHECK_EVERY = 250;

const codes = new Set([
  ...Object.keys(errorCodes),
  ...Object.values(errorCodes).flatMap((facts) => ("rest" in facts ? facts.rest : [])),
]);

/** What no reply has to tell: frames of a stack, files of ours. */
const inside = /\n\s+at |node_modules|\.[cm]?[jt]s:\d+|\/(?:work|home|tmp)\//;

/**
 * Sends all kinds of things to all surfaces. Whatever it is, the reply comes in time, is no failure
 * that nobody foresaw, says what is wrong in the contract's words, and nothing of what is inside.
 * @throws {Violation} with the request
 */
export async function robustness({ seed, cases, tell }: FuzzOptions): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const deployment = stack.use(await Deployment.start());
  const realm = "fuzz";
  const { session_id } = await goodTurn(deployment, realm);
  const known = {
    session_id: [String(session_id)],
    realm_id: ["thrown-away"],
    model: ["demo"],
    provider: ["demo"],
  };
  const sender = new Sender(deployment, realm);
  const drawn = fc.sample(anyRequest(known), { seed, numRuns: cases });
  for (const [index, sent] of drawn.entries()) {
    const problem = await sender.problem(sent).catch(toldOf);
    if (problem !== undefined)
      throw new Violation(
        `request ${index}: ${problem}\n  ${JSON.stringify(sent).slice(0, 2_000)}`,
      );
    if ((index + 1) % CHECK_EVERY > 0) continue;
    await goodTurn(deployment, `good-${index}`);
    tell(`${index + 1} requests`);
  }
  await goodTurn(deployment, "good");
}

/** A server that is well answers this. @throws {Violation} */
async function goodTurn(deployment: Deployment, realm: string): Promise<Json> {
  const health = await fetch(`${deployment.url}/health`);
  check((await health.text()) === "ok", "the server is not healthy");
  const result = await deployment.must(realm, ["POST", "/sessions"], {
    prompt: "hi",
    model: "demo",
  });
  check(String(result.text).includes("hi"), `a turn went wrong: ${JSON.stringify(result)}`);
  return result;
}

/** Sends what was drawn, as the administrator: nothing is refused for want of a right. */
class Sender {
  readonly #deployment: Deployment;
  readonly #realm: string;
  #socket: Socket | undefined;

  constructor(deployment: Deployment, realm: string) {
    this.#deployment = deployment;
    this.#realm = realm;
  }

  /** What is wrong with the reply, if anything. @throws {Error} if there is none in time */
  async problem(sent: Sent): Promise<string | undefined> {
    if (sent.on === "socket") return this.#onSocket(sent.frame);
    const { path, init, surface } = sent;
    const response = await this.#fetch(path, init);
    const contentType = response.headers.get("content-type") ?? "";
    const isStream = contentType.startsWith("text/event-stream") && init.method !== "POST";
    const text = isStream ? await calm(response) : await response.text();
    const { status } = response;
    const messages = messagesOf({ status, contentType, text, ms: 0 });
    const problem =
      internal(text, messages) ??
      (surface === "rest" && init.method !== "HEAD" ? unshaped(status, text) : undefined) ??
      (status >= 500 && surface !== "rest" ? "a failure of the server's" : undefined);
    return problem && `${problem}: ${status} ${text.slice(0, 1_000)}`;
  }

  /**
   * The runtime may close a connection whose request it answered without reading the body; then the
   * client's next request there is lost, and asked again as clients do. A crash would show in the next.
   */
  async #fetch(path: string, init: RequestInit, mayRepeat = true): Promise<Response> {
    try {
      return await fetch(`${this.#deployment.url}/realms/${this.#realm}${path}`, {
        ...init,
        headers: {
          "content-type": "application/json",
          ...(init.headers as Record<string, string>),
          ...this.#deployment.admin,
        },
        redirect: "manual",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch (cause) {
      const isClosed =
        cause instanceof TypeError && /ECONN|EPIPE|socket|closed/i.test(inspect(cause.cause));
      if (!isClosed || !mayRepeat) throw cause;
      return this.#fetch(path, init, false);
    }
  }

  async #onSocket(frame: string): Promise<string | undefined> {
    this.#socket ??= await Socket.open(
      `${this.#deployment.url}/realms/${this.#realm}/rpc`,
      asTicket(await this.#deployment.ticketOf(this.#realm)),
    );
    this.#socket.send(frame);
    // Whatever that was, what comes after it is answered.
    await this.#socket.text("initialize", {});
    const text = this.#socket.taken().join("\n");
    const problem = internal(text, text.split("\n").map(parse));
    return problem && `${problem}: ${text.slice(0, 1_000)}`;
  }
}

function toldOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause === undefined ? String(cause) : `${String(cause)}: ${inspect(cause.cause)}`;
}

function internal(text: string, messages: readonly unknown[]): string | undefined {
  if (inside.test(text)) return "a reply tells of what is inside";
  if (messages.some(isUnforeseen)) return "a failure that nobody foresaw";
  return undefined;
}

/** INTERNAL_ERROR, as each surface says it. */
function isUnforeseen(message: unknown): boolean {
  const { code, error, result } = inner(message);
  const { data, code: number } = inner(error);
  if (code === "INTERNAL_ERROR" || inner(data).code === "INTERNAL_ERROR") return true;
  if (number === -32603 && inner(data).code === undefined) return true;
  return inner(result).isError === true && JSON.stringify(result).includes("INTERNAL_ERROR");
}

// Asked for a socket; and what the runtime says before the Worker hears of it.
const plainWords = new Set([426, 414, 431]);

function unshaped(status: number, text: string): string | undefined {
  if (status < 400 || plainWords.has(status)) return undefined;
  const { error, code } = parse(text);
  if (typeof error === "string" && codes.has(String(code))) return undefined;
  return "an error that is not in the contract's shape";
}

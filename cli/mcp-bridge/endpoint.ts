import { setTimeout as delay } from "node:timers/promises";
import { type Deployment, openDeployment } from "../deployment.ts";
import { type GlobalFlags, instanceFlags } from "../global-flags.ts";

const TRIES = 5;
const PAUSE_MS = 300;

/** The deployment's `/mcp`, wherever it is: on this machine it may be another process after a restart. */
export class Endpoint {
  readonly #flags: GlobalFlags;
  #deployment: Promise<Deployment> | undefined;

  constructor(flags: GlobalFlags) {
    this.#flags = flags;
  }

  /** Posts a message. Only what reached nobody is sent again. @throws {Error} */
  async post(
    body: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#post(body, headers, signal);
      } catch (error) {
        if (signal.aborted || attempt === TRIES || !reachedNobody(error)) throw error;
        await this.#forget();
        await delay(PAUSE_MS * attempt);
      }
    }
  }

  /** Lets go of a server on this machine; stops it if it is this process's own. */
  async release(): Promise<void> {
    const deployment = this.#deployment;
    this.#deployment = undefined;
    await (await deployment?.catch(() => undefined))?.release();
  }

  async #post(body: string, headers: Record<string, string>, signal: AbortSignal) {
    this.#deployment ??= openDeployment(this.#flags);
    const { url, token, realm } = await this.#deployment;
    const path = realm === undefined ? "/mcp" : `/realms/${encodeURIComponent(realm)}/mcp`;
    const { instance } = instanceFlags(this.#flags);
    return fetch(url.replace(/\/+$/, "") + path, {
      method: "POST",
      headers: {
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        ...(instance ? { "x-meerkat-instance": instance } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body,
      signal,
    });
  }

  /** A server that this process runs itself is restarted by itself; another one may be gone for good. */
  async #forget(): Promise<void> {
    const place = await this.#deployment
      ?.then((deployment) => deployment.place)
      .catch(() => undefined);
    if (place !== "hosted") await this.release();
  }
}

function reachedNobody(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

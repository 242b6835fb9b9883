import { inner, type Json, listOf, parse } from "./json.node.ts";
import type { ChaosServer } from "./server.node.ts";
import { type Seen, seenOf } from "./view.node.ts";

const PATIENCE_MS = 30_000;

/** What a request came to. */
export interface Answer {
  status: number;
  body: Json;
}

/** A client of REST, in one realm, that asks again when its connection was lost. */
export class Rest {
  readonly #server: ChaosServer;
  readonly realm: string;

  constructor(server: ChaosServer, realm: string) {
    this.#server = server;
    this.realm = realm;
  }

  /** Asks once. @throws whatever became of the connection */
  async once(method: string, path: string, body?: Json): Promise<Answer> {
    const response = await fetch(`${this.#server.url}/realms/${this.realm}${path}`, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    return { status: response.status, body: parse(await response.text()) };
  }

  /** Asks until there is an answer. For what may be asked twice. */
  async ask(method: string, path: string, body?: Json): Promise<Answer> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      await this.#server.up();
      try {
        return await this.once(method, path, body);
      } catch (cause) {
        if (performance.now() > end) throw cause;
      }
    }
  }

  /** The whole event log, as it is stored or still in memory. */
  async log(sessionId: string): Promise<Seen[]> {
    const scope = { type: "session", session_id: sessionId };
    const log: Seen[] = [];
    for (let more = true; more;) {
      const cursor = { scope, sequence: log.at(-1)?.seq ?? 0 };
      const { status, body } = await this.ask("POST", "/events/list_since", {
        scope,
        cursor,
        limit: 1_000,
      });
      if (status !== 200) throw new Error(`events/list_since: ${status} ${JSON.stringify(body)}`);
      for (const item of listOf(body.events)) {
        log.push(seenOf(inner(item.cursor).sequence, item.event));
      }
      more = body.has_more === true;
    }
    return log;
  }

  async history(sessionId: string): Promise<Json[]> {
    const { body } = await this.ask("GET", `/sessions/${sessionId}/history`);
    return listOf(body.messages);
  }
}

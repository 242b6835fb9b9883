import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";
import { inject } from "vitest";
import {
  type AgentEvent,
  type ConfigDocument,
  partsOf,
  type Remote,
} from "../sdk/contract/index.ts";
import type { StoredMessage } from "./providers/provider.ts";
import type { RecordedRequest, Reply } from "./providers/wire/script.ts";
import { wire } from "./providers/wire/script.ts";
import type { RealmParts } from "./realm/realm-parts.ts";
import type { RealmObject } from "./realm/realm.ts";
import type { SessionObject } from "./session/session.ts";
import { SessionStorage } from "./session/storage.ts";

const server = wire(inject("wireUrl"));
const prefixes = { anthropic: "claude-", openai: "gpt-", gemini: "gemini-" } as const;

/** The vendors that the wire stand-in can play. */
export type VendorName = keyof typeof prefixes;

/** A vendor that answers one test's requests as scripted; its model's name is how they find it. */
export interface Vendor {
  model: string;
  /** The requests so far; `wait` holds the answer until there are that many, or the last one is over. */
  requests(wait?: number | "aborted"): Promise<RecordedRequest[]>;
  open(gate: string): Promise<void>;
  /** Starts it afresh, with replies that speak of the model by its name. */
  script(replies: Reply[]): Promise<void>;
}

/** Scripts a vendor for this test alone. */
export async function vendor(name: VendorName, ...replies: Reply[]): Promise<Vendor> {
  const key = crypto.randomUUID();
  await server.script(key, replies);
  return {
    model: prefixes[name] + key,
    requests: (wait) => server.requests(key, wait),
    open: (gate) => server.open(key, gate),
    script: (next) => server.script(key, next),
  };
}

const realFetch = globalThis.fetch;

// The Worker and its objects share this isolate. Calls to the vendors' names of vitest.config.ts go to
// the wire under the key that their model's name carries; a scripted vendor is still real HTTP.
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (!url.hostname.endsWith(".test")) return realFetch(input, init);
  const body = typeof init?.body === "string" ? init.body : "";
  const [, key = "unknown"] = keyPattern.exec(url.pathname) ?? keyPattern.exec(body) ?? [];
  return realFetch(`${server.base(key)}${url.pathname}${url.search}`, init);
};

const keyPattern = /\b(?:claude|gpt|gemini)-([0-9a-f]{8}-[0-9a-f-]{27})\b/;

/** An event as watchers see it. */
export type WireEvent = AgentEvent & { seq: number; event_id: string; timestamp_ms: number };

/** A session of a test, with its object within reach. */
export interface TestSession {
  realmId: string;
  sessionId: string;
  /** Fresh each time: a stub breaks when its object crashes. */
  stub(): DurableObjectStub<SessionObject>;
  object(): Remote<SessionObject>;
}

/** A realm that no other test uses. */
export function newRealm(): string {
  return `test-${crypto.randomUUID()}`;
}

/** An address that nothing has been stored under yet. */
export function newSession(
  realmId: string = newRealm(),
  sessionId: string = uuidv7(),
): TestSession {
  const stub = () => env.SESSIONS.getByName(`${realmId}/${sessionId}`);
  // The platform's stub type turns answers that hold `unknown` into `never`; see `Remote`.
  return { realmId, sessionId, stub, object: () => stub() as unknown as Remote<SessionObject> };
}

/** The realm's own object. */
export function realmStub(realmId: string): DurableObjectStub<RealmObject> {
  return env.REALMS.getByName(realmId);
}

/** What an object has stored: its tables, without the platform's own, and its alarm. */
export function storedIn(stub: DurableObjectStub<RealmObject | SessionObject>): Promise<string[]> {
  return runInDurableObject(stub, async (_, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray()
      .filter(({ name }) => !name.startsWith("_cf_"));
    const alarm = (await storage.getAlarm()) === null ? [] : ["alarm"];
    return [...tables.map(({ name }) => name), ...alarm];
  });
}

/** Writes the realm's config as an administrator would. */
export async function configure(realmId: string, config: ConfigDocument): Promise<void> {
  await partsOf<RealmParts>(realmStub(realmId)).config.set({}, undefined);
  await runInDurableObject(realmStub(realmId), (_, { storage }) => {
    storage.sql.exec("UPDATE realm SET config = ?", JSON.stringify(config));
  });
}

/** Kills the object in the middle of whatever it does; what it had in memory is gone. */
export async function crash(session: TestSession): Promise<void> {
  try {
    await runInDurableObject(session.stub(), (_, state) => state.abort("killed by the test"));
  } catch {
    // The call dies with the object.
  }
}

/** The whole event log, stored and in memory. */
export async function eventsOf(session: TestSession, after = 0): Promise<WireEvent[]> {
  const events: WireEvent[] = [];
  for (let cursor = after, more = true; more;) {
    const page = await session.object().page(cursor, "json");
    events.push(...parseLines(page.text));
    ({ cursor, more } = page);
  }
  return events;
}

/** The committed transcript, as it is stored. */
export function messagesOf(session: TestSession): Promise<StoredMessage[]> {
  return runInDurableObject(session.stub(), (_, { storage }) => [
    ...new SessionStorage(storage).messagesFrom(0),
  ]);
}

/** Someone who watches the object itself, over the socket that a Worker would hold. */
export class Watch {
  readonly events: WireEvent[] = [];
  #check: () => void = () => {};

  static async open(session: TestSession, after?: number): Promise<Watch> {
    const query = after === undefined ? "" : `&after=${after}`;
    const response = await session
      .stub()
      .fetch(`https://session/?format=json${query}`, { headers: { upgrade: "websocket" } });
    const { webSocket } = response;
    if (!webSocket) throw new Error(`not attached: ${response.status}`);
    const watch = new Watch();
    webSocket.addEventListener("message", ({ data }) => watch.#receive(String(data)));
    webSocket.accept();
    return watch;
  }

  /** The first event that fits, as soon as it has come. */
  until(fits: AgentEvent["type"] | ((event: WireEvent) => boolean)): Promise<WireEvent> {
    const matches =
      typeof fits === "string" ? ({ type }: WireEvent): boolean => type === fits : fits;
    const { promise, resolve } = Promise.withResolvers<WireEvent>();
    const before = this.#check;
    this.#check = () => {
      before();
      const found = this.events.find(matches);
      if (found) resolve(found);
    };
    this.#check();
    return promise;
  }

  #receive(frame: string): void {
    if (frame.startsWith("!")) return;
    this.events.push(...parseLines(frame.slice(frame.indexOf("\n") + 1)));
    this.#check();
  }
}

function parseLines(text: string): WireEvent[] {
  const lines = text.split("\n").filter(Boolean);
  // What the object writes is typed by the contract.
  return lines.map((line) => JSON.parse(line) as WireEvent);
}

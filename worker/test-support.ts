import { exports } from "cloudflare:workers";
import type { AgentEvent } from "../sdk/contract/index.ts";

/** The Worker as the embedded server shows it: open, because the name is a loopback one. */
export const ORIGIN = "http://localhost";

/** What the Worker answered, with its body read. */
export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** A refusal as REST tells it (contract 2.8). */
export interface Refusal {
  error: string;
  code: string;
  details?: Record<string, unknown>;
}

/** Anything that REST answers, for tests that look into it. */
export type Json = Record<string, unknown>;

/** Sends a request to the real Worker and reads a JSON answer. */
export async function request<Body = Json>(
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Answer<Body>> {
  const response = await send(path, { method, ...init });
  const { status, headers } = response;
  // Each test says what it expects in there.
  return { status, headers, body: JSON.parse(await response.text()) as Body };
}

/** Sends a request to the real Worker. */
export function send(path: string, init?: RequestInit): Promise<Response> {
  return exports.default.fetch(new Request(ORIGIN + path, init));
}

/** Reads a resource. */
export function get<Body = Json>(path: string): Promise<Answer<Body>> {
  return request("GET", path);
}

/** Posts a JSON body. */
export function post<Body = Json>(path: string, body?: unknown): Promise<Answer<Body>> {
  return request("POST", path, json(body));
}

/** A JSON body as a request carries it. */
export function json(body: unknown): RequestInit {
  if (body === undefined) return {};
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** One frame of a stream of server-sent events: an event, or a comment. */
export interface Frame {
  /** As it came, with its blank line. */
  raw: string;
  id: string | undefined;
  event: string | undefined;
  data: Json & { type?: AgentEvent["type"]; seq?: number; delta?: string };
  comment: string | undefined;
}

/** A client that reads a session's server-sent events at its own pace. */
export class EventReader {
  readonly frames: Frame[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #given = 0;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** Attaches; anything but a stream fails the test. */
  static async open(path: string, headers: HeadersInit = {}): Promise<EventReader> {
    const response = await send(path, { headers });
    if (response.status !== 200 || !response.body) {
      throw new Error(`no stream: ${response.status} ${await response.text()}`);
    }
    return new EventReader(response.body);
  }

  /** The next frame, or nothing when the stream has ended. */
  async next(): Promise<Frame | undefined> {
    while (this.#given === this.frames.length) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#feed(this.#decoder.decode(value, { stream: true }));
    }
    this.#given += 1;
    return this.frames[this.#given - 1];
  }

  /** Reads on until a frame fits; the stream must not end before. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (let frame = await this.next(); frame; frame = await this.next()) {
      if (fits(frame)) return frame;
    }
    throw new Error(`the stream ended after ${this.#given} frames`);
  }

  /** Reads on to the end of the stream. */
  async toEnd(): Promise<Frame[]> {
    while (await this.next());
    return this.frames;
  }

  /** Hangs up, as a client that loses its network does. */
  async cut(): Promise<void> {
    await this.#reader.cancel();
  }

  /** The bytes of the events that `next` has given out: what a client has to show for its reading. */
  get told(): string {
    return joined(this.frames.slice(0, this.#given));
  }

  #feed(text: string): void {
    // Large events come in many pieces: only a piece with an end in it is worth cutting up.
    const from = Math.max(0, this.#rest.length - 1);
    this.#rest += text;
    if (!this.#rest.includes("\n\n", from)) return;
    const pieces = this.#rest.split("\n\n");
    this.#rest = pieces.pop() ?? "";
    this.frames.push(...pieces.map((piece) => parsed(`${piece}\n\n`)));
  }
}

/** The bytes of those frames that are events of the log. */
export function joined(frames: readonly Frame[]): string {
  return frames.map(({ id, raw }) => (id === undefined ? "" : raw)).join("");
}

/** Whether a frame is an event of this type. */
export function is(type: string): (frame: Frame) => boolean {
  return ({ event }) => event === type;
}

function parsed(raw: string): Frame {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}: ([^\\n]*)$`, "m").exec(raw)?.[1];
  const comment = /^: ([^\n]*)$/m.exec(raw)?.[1];
  return {
    raw,
    id: field("id"),
    event: field("event"),
    // The Worker writes one line of JSON per event.
    data: JSON.parse(field("data") ?? "{}") as Frame["data"],
    comment,
  };
}

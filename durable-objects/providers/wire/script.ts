/** What a scripted vendor writes at once: one socket write, after its delay and its gate. */
export interface Chunk {
  /** Text, sent as UTF-8. */
  data?: string;
  /** Bytes, for text that is cut inside a character. */
  base64?: string;
  delayMs?: number;
  /** The chunk waits until a test opens the gate of this name; an open gate stays open. */
  gate?: string;
}

/** A scripted vendor's whole answer to one request. */
export interface Reply {
  /** 200 unless said. */
  status?: number;
  /** `content-type` is an event stream on success and JSON otherwise, unless said. */
  headers?: Record<string, string>;
  chunks?: Chunk[];
  /** How the reply ends: properly (the default), by a TCP reset, or never. */
  end?: "close" | "reset" | "hang";
  /** Take the request, and never answer at all. */
  holdHeaders?: boolean;
}

/** What the vendor under one key will answer, in order. */
export interface Script {
  replies: Reply[];
  /** The last reply answers every further request too. */
  repeat?: boolean;
}

/** One request as the scripted vendor saw it. */
export interface RecordedRequest {
  method: string;
  /** With the key and the query. */
  path: string;
  headers: Record<string, string>;
  /** Byte for byte, so that replay and cache prefixes can be compared. */
  body: string;
  /** The client hung up before the reply had ended. */
  aborted: boolean;
}

/** Scripts the stand-in vendor over HTTP, so that tests can do it from inside workerd. */
interface WireClient {
  /** Where a provider under test is pointed to. */
  base(key: string): string;
  /** Starts the key afresh: these replies, no requests seen, all gates shut. */
  script(key: string, replies: Reply[], options?: { repeat?: boolean }): Promise<void>;
  /** The requests so far; `wait` holds the answer until there are that many, or the last one is over. */
  requests(key: string, wait?: number | "aborted"): Promise<RecordedRequest[]>;
  open(key: string, gate: string): Promise<void>;
}

/** Talks to the wire server at this address. */
export function wire(baseUrl: string): WireClient {
  return {
    base: (key) => `${baseUrl}/${key}`,
    script: (key, replies, options) =>
      post(`${baseUrl}/__script/${key}`, { replies, ...options } satisfies Script),
    async requests(key, wait) {
      const query = wait === undefined ? "" : `?wait=${wait}`;
      const response = await fetch(`${baseUrl}/__requests/${key}${query}`);
      // The server is typed by this file.
      return JSON.parse(await response.text()) as RecordedRequest[];
    },
    open: (key, gate) => post(`${baseUrl}/__gate/${key}/${gate}`, {}),
  };
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`The wire server refused: ${await response.text()}`);
  await response.body?.cancel();
}

declare module "vitest" {
  interface ProvidedContext {
    wireUrl: string;
  }
}

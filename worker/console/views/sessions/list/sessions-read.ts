import { signal } from "@preact/signals";
import type { MeerkatClient, SessionSummary } from "meerkat-edge";

const PAGE = 50;
/** What one call may ask for. */
const MOST_PER_CALL = 1_000;
const REFRESH_MS = 5_000;

/** What is searched for: labels that the deployment matches, and words that the page looks for itself. */
export interface Search {
  labels: Record<string, string>;
  words: string[];
}

/** Reads a search such as `team=infra deploy`. */
export function readSearch(text: string): Search {
  const search: Search = { labels: {}, words: [] };
  for (const part of text.trim().split(/\s+/).filter(Boolean)) {
    const cut = part.indexOf("=");
    if (cut > 0) search.labels[part.slice(0, cut)] = part.slice(cut + 1);
    else search.words.push(part.toLowerCase());
  }
  return search;
}

/** The list of sessions as it is shown: read in pages, and read again while the page is looked at. */
export class SessionsRead {
  readonly rows = signal<readonly SessionSummary[] | undefined>(undefined);
  readonly problem = signal<unknown>(undefined);
  readonly hasMore = signal(false);
  readonly #client: MeerkatClient;
  readonly #labels: Record<string, string>;
  readonly #closing = new AbortController();
  #pages = 1;
  #reads = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: MeerkatClient, labels: Record<string, string>) {
    this.#client = client;
    this.#labels = labels;
  }

  /** Reads the list now, and again every few seconds while the page is visible. */
  async start(): Promise<void> {
    if (!document.hidden || this.rows.value === undefined) await this.#read();
    if (!this.#closing.signal.aborted) {
      this.#timer = setTimeout(() => void this.start(), REFRESH_MS);
    }
  }

  stop(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  /** Reads one page more. */
  async more(): Promise<void> {
    this.#pages += 1;
    await this.#read();
  }

  async #read(): Promise<void> {
    const limit = this.#pages * PAGE;
    const { signal } = this.#closing;
    this.#reads += 1;
    const read = this.#reads;
    // An answer that comes after one to a later question is out of date.
    const isLatest = () => read === this.#reads && !signal.aborted;
    try {
      // One more than is shown tells whether there is more.
      const found = await this.#first(limit + 1);
      if (!isLatest()) return;
      this.rows.value = found.slice(0, limit);
      this.hasMore.value = found.length > limit;
      this.problem.value = undefined;
    } catch (error) {
      if (isLatest()) this.problem.value = error;
    }
  }

  /** The first sessions of the list. One that moves up between two calls is told in both: it is kept once. */
  async #first(count: number): Promise<SessionSummary[]> {
    const found = new Map<string, SessionSummary>();
    for (let offset = 0; offset < count; offset += MOST_PER_CALL) {
      const limit = Math.min(MOST_PER_CALL, count - offset);
      const { signal } = this.#closing;
      const options = { limit, offset, labels: this.#labels, signal };
      const page = await this.#client.listSessions(options);
      for (const session of page) found.set(session.sessionId, session);
      if (page.length < limit) break;
    }
    return Array.from(found.values());
  }
}

import { signal } from "@preact/signals";
import type { MeerkatClient, OutputOf } from "meerkat-edge";
import { leaveIfRefused } from "../../app/access.ts";
import { plainWords } from "../../app/plain-words.ts";

/** One deed. */
export type AuditEntry = OutputOf<"audit/list">["entries"][number];

const PAGE = 100;

/** The audit log, newest first, as far as it was read. */
export class AuditPages {
  readonly #client: MeerkatClient;
  #stop = new AbortController();
  readonly entries = signal<readonly AuditEntry[] | undefined>(undefined);
  readonly hasMore = signal(false);
  readonly isBusy = signal(false);
  readonly problem = signal<string | undefined>(undefined);

  constructor(client: MeerkatClient) {
    this.#client = client;
  }

  /** Reads the newest page. */
  async start(): Promise<void> {
    this.stop();
    this.#stop = new AbortController();
    await this.#read(undefined);
  }

  /** Reads the page after the last one. */
  async more(): Promise<void> {
    await this.#read(this.entries.value?.at(-1)?.seq);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #read(before: number | undefined): Promise<void> {
    const { signal: stopped } = this.#stop;
    this.isBusy.value = true;
    this.problem.value = undefined;
    try {
      const position = before === undefined ? {} : { before };
      const page = await this.#client.call(
        "audit/list",
        { limit: PAGE, ...position },
        { signal: stopped },
      );
      const earlier = before === undefined ? [] : (this.entries.value ?? []);
      this.entries.value = [...earlier, ...page.entries];
      this.hasMore.value = page.has_more;
    } catch (error) {
      if (!stopped.aborted && !leaveIfRefused(error)) this.problem.value = plainWords(error);
    } finally {
      if (!stopped.aborted) this.isBusy.value = false;
    }
  }
}

/** Whether each word of a text is in what an entry tells. */
export function isAbout({ actor, operation, target, ip }: AuditEntry, text: string): boolean {
  const all = [actor, operation, ip ?? "", ...Object.entries(target).flat()]
    .join(" ")
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

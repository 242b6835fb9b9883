import type { IntakeStorage } from "./intake-storage.ts";
import type { Change, Journal } from "./journal.ts";
import { type Compaction, headOf, type Summary, unsealed } from "./summary.ts";
import type { Turn } from "./turn.ts";

const DOCUMENT = "summary";

/** Keeps the summary of a transcript's beginning, and puts together what the model is shown. */
export class Summaries {
  readonly #journal: Journal;
  readonly #storage: IntakeStorage;

  constructor(journal: Journal, storage: IntakeStorage) {
    this.#journal = journal;
    this.#storage = storage;
  }

  /** The transcript as the model is shown it, and where it lies in the whole one. */
  view(): Pick<Turn, "transcript" | "history"> {
    const said = this.#journal.transcript();
    const mark = this.#journal.session?.state.compaction;
    const [first] = mark ? this.#journal.messagesFrom(0) : said;
    const system = first?.role === "system" ? first : undefined;
    if (!mark) return { transcript: said, history: { system, upTo: system ? 1 : 0, at: 0 } };

    // Stored in one commit with the mark.
    const summary = JSON.parse(this.#storage.document(DOCUMENT)) as Summary;
    const sealed = mark.at - mark.upTo;
    const kept = said.map((message, index) => (index < sealed ? unsealed(message) : message));
    const transcript = [...headOf(system, summary), ...kept];
    return { transcript, history: { system, summary, ...mark } };
  }

  /** The change with the summary in it; the messages that it stands for stay as they are. */
  added(change: Change, { mark, summary }: Compaction): Change {
    return {
      ...change,
      state: (place) => ({ ...change.state?.(place), compaction: mark, lastCall: undefined }),
      also: (place) => {
        change.also?.(place);
        this.#storage.setDocument(DOCUMENT, JSON.stringify(summary));
      },
    };
  }
}

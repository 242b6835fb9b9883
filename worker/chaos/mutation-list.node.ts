import type { Mutation } from "./mutant.node.ts";

const session = "durable-objects/session";

// Commits are told at once and stored a moment later; reads bring storage up to date first, so that
// nothing but the order of storing and telling is wrong.
const storesLate: Mutation = {
  name: "durable before visible",
  file: `${session}/storage.ts`,
  from: [
    "  commit(commit: Commit): void {\n    this.#storage.transactionSync(() => this.#insert(commit));\n  }",
    "  *eventsAfter(seq: number): Generator<LogEntry> {\n",
    "  *messagesFrom(offset: number): Generator<StoredMessage> {\n",
    "  stateAt(seq: number): SessionState | undefined {\n",
  ],
  to: [
    `  readonly #late: Commit[] = [];

  commit(commit: Commit): void {
    if (commit.also) this.#store();
    this.#late.push(commit);
    setTimeout(() => this.#store(), 150);
  }

  #store(): void {
    for (const commit of this.#late.splice(0)) {
      this.#storage.transactionSync(() => this.#insert(commit));
    }
  }`,
    "  *eventsAfter(seq: number): Generator<LogEntry> {\n    this.#store();\n",
    "  *messagesFrom(offset: number): Generator<StoredMessage> {\n    this.#store();\n",
    "  stateAt(seq: number): SessionState | undefined {\n    this.#store();\n",
  ],
};

/** What each promise of the design rests on. */
export const mutations: readonly Mutation[] = [
  storesLate,
  {
    name: "numbers reserved ahead",
    file: `${session}/journal.ts`,
    from: [
      "    if (this.#seq >= (this.#found?.state.reservedUntil ?? 0)) this.commit({});\n",
      "next.run ? last + SEQ_BLOCK : last",
    ],
    to: ["", "last"],
  },
  {
    name: "attach before drain",
    file: `${session}/watch.ts`,
    from: ["  feed.add(server, format);\n"],
    to: ["  setTimeout(() => feed.add(server, format), 5);\n"],
  },
  {
    name: "the watchdog",
    file: `${session}/core.ts`,
    from: ["this.#ctx.waitUntil(this.#ctx.storage.setAlarm("],
    to: ["void ((at: number) => at)(("],
  },
  {
    name: "the synthesized tool result",
    file: `${session}/ending.ts`,
    from: ["  if (results.length > 0) messages.push("],
    to: ["  if (results.length < 0) messages.push("],
  },
];

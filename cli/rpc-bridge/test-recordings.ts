/** One request of a recorded run. `$name` in its parameters is the session that an earlier step named. */
export interface Step {
  method: string;
  params: Record<string, unknown>;
  /** Remembers the session or stream that the answer names. */
  as?: string;
  /** The error that the answer must be. */
  fails?: number;
  /** Written before the answer of the step before it has come. */
  isPipelined?: true;
  /** The step after it interrupts this one in mid-turn. */
  isInterrupted?: true;
}

const HELLO = "Say hello in one short sentence.";
const MISSING = "00000000-0000-7000-8000-000000000000";
const CANCELLED = -32005;
const NOT_FOUND = -32001;
const INVALID = -32602;

const document = { agent: { model: "demo", max_tokens_per_turn: 1024 } };
const tool = {
  name: "compat_probe",
  description: "Returns a fixed marker.",
  input_schema: { type: "object", properties: { q: { type: "string" } } },
};
const useTool =
  'use-tool:compat_probe — call the tool compat_probe exactly once with q="x", then repeat what it returned.';

const create = (as: string, more: Partial<Step> = {}): Step => ({
  method: "session/create",
  params: { prompt: HELLO },
  as,
  ...more,
});
const turn = (session_id: string, more: Partial<Step> = {}, prompt = HELLO): Step => ({
  method: "turn/start",
  params: { session_id, prompt },
  ...more,
});
const about = (method: string, session_id: string, more: Record<string, unknown> = {}): Step => ({
  method: `session/${method}`,
  params: { session_id, ...more },
});
const plain = (method: string, params: Record<string, unknown> = {}): Step => ({ method, params });

const handshake = [
  plain("initialize"),
  plain("capabilities/get"),
  plain("tools/register", { tools: [tool] }),
];
const turns = [turn("$a", {}, "And once more, please."), turn("$a"), turn("$a")];
const withTool: Step[] = [{ method: "session/create", params: { prompt: useTool }, as: "tool" }];
const lateTool: Step[] = [
  plain("tools/register", { tools: [{ ...tool, name: "compat_late" }] }),
  { ...plain("session/list"), isPipelined: true },
];
const interrupts: Step[] = [
  plain("turn/interrupt", { session_id: "$a" }),
  create("slow"),
  turn("$slow", { isInterrupted: true, fails: CANCELLED }, "slow story"),
  plain("turn/interrupt", { session_id: "$slow" }),
  turn("$slow"),
];
const pages = [plain("session/list", { limit: 1 }), plain("session/list", { limit: 1, offset: 1 })];
const reads = [
  about("read", "$a"),
  about("history", "$a", { offset: 0 }),
  about("history", "$a", { offset: 1, limit: 1 }),
];
const stream: Step[] = [
  { ...about("stream_open", "$a"), as: "stream" },
  turn("$a"),
  plain("session/stream_close", { stream_id: "$stream" }),
];
const deferred: Step[] = [
  create("later", { params: { prompt: HELLO, initial_turn: "deferred" } }),
  turn("$later"),
];
const config: Step[] = [
  plain("config/get"),
  plain("config/set", { config: document, expected_generation: 0 }),
  plain("config/get"),
  { ...plain("config/set", { config: document, expected_generation: 0 }), fails: INVALID },
  plain("config/patch", {
    patch: { agent: { max_tokens_per_turn: 2048 } },
    expected_generation: 1,
  }),
  plain("config/get"),
];
const missing: Step[] = [
  { ...about("read", MISSING), fails: NOT_FOUND },
  turn(MISSING, { fails: NOT_FOUND }),
];
const archive: Step[] = [
  about("archive", "$a"),
  turn("$a", { fails: NOT_FOUND }),
  plain("session/list"),
  about("history", "$a", { offset: 0 }),
];

const older = [
  ...handshake,
  create("a"),
  create("b"),
  ...turns,
  ...withTool,
  ...interrupts,
  plain("session/list"),
  ...reads,
  ...stream,
  ...deferred,
  ...config,
  plain("skills/list"),
  ...missing,
  ...archive,
];

/** Newer SDKs page lists, know the model catalog, and stream creates side by side. */
function newer(parallel: readonly Step[], late: readonly Step[]): Step[] {
  return [
    ...handshake,
    create("a"),
    create("b"),
    ...parallel,
    ...turns,
    ...withTool,
    ...late,
    ...interrupts,
    plain("session/list"),
    ...pages,
    ...reads,
    ...stream,
    ...deferred,
    ...config,
    plain("models/catalog"),
    plain("skills/list"),
    ...missing,
    ...archive,
  ];
}

/** What the official SDKs send in a run through all operations, as it was recorded of each. */
export const recordings: readonly [sdk: string, line: string, steps: readonly Step[]][] = [
  ["TypeScript 0.5.1", "0.5.1", older],
  ["Python 0.5.1", "0.5", older],
  [
    "TypeScript 0.8.26",
    "0.8.26",
    newer([create("c"), create("d", { isPipelined: true })], lateTool),
  ],
  ["Python 0.8.26", "0.8", newer([create("c"), create("d")], [])],
];

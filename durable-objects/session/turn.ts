import type { AgentEvent, ToolResult } from "../../sdk/contract/index.ts";
import type { Provider, StoredMessage, UpstreamHandle } from "../providers/provider.ts";
import type { OutputSchema } from "../providers/schema/output-schema.ts";
import type { ToolDefinition } from "../tools/tool-definition.ts";
import type { Tool, ToolSite } from "../tools/tool.ts";
import type { History } from "./model-context.ts";
import type { Meter } from "./meter.ts";
import type { Outcome } from "./outcome.ts";
import type { RunProgress, RunSettings } from "./state.ts";
import type { DeltaEvent, UpstreamOutput } from "./step.ts";
import type { Spending } from "./spending.ts";
import type { Compaction } from "./summary.ts";
import type { ToolCall } from "./tool-calls.ts";

/** Everything a run needs; it reaches for nothing else. */
export interface Turn {
  settings: RunSettings;
  provider: Provider;
  /** By their place in the settings; nothing where one cannot be called any more. */
  fallbacks?: readonly (Provider | undefined)[];
  tools: ReadonlyMap<string, Tool>;
  site: ToolSite;
  /** Tools that a client runs: the loop stops at a call of one and is started again with its result. */
  clientTools: readonly ToolDefinition[];
  /** What the run's JSON must look like, if it is to end with some. */
  output?: OutputSchema | undefined;
  cacheKey: string;
  /** The transcript as the model is shown it, the new user message included. */
  transcript: readonly StoredMessage[];
  history: History;
  progress: RunProgress;
  /** Results that a crashed try of this run had stored already, by call id. */
  results: ReadonlyMap<string, ToolResult>;
  /** The call of the step that a crash cut off: the first model step joins it rather than pay again. */
  cutOff: UpstreamHandle | undefined;
  /** Messages that came in while the run went on, put here with the commit that opens a step. */
  arrivals: StoredMessage[];
  signal: AbortSignal;
  meter: Meter;
  spending: Pick<Spending, "reserve">;
  /** Budgets whose end was told already. */
  warned: Set<string>;
}

/** What the loop wants done, in order. It stores nothing and sends nothing itself. */
export type TurnOutput =
  | { type: "delta"; event: DeltaEvent }
  | UpstreamOutput
  | ({ type: "commit"; opensStep?: true; compaction?: Compaction } & TurnPart)
  /** The answer is there; its JSON is asked for next. */
  | ({ type: "answer" } & TurnPart)
  | { type: "park"; calls: ToolCall[] }
  | ({ type: "end"; outcome: Outcome } & TurnPart);

/** What a commit or the end of a turn adds. */
export interface TurnPart {
  events: AgentEvent[];
  messages: StoredMessage[];
  progress: RunProgress;
}

import { type Command, Option } from "commander";
import type { ProviderName } from "../sdk/contract/index.ts";
import {
  collect,
  durationMs,
  jsonObject,
  keyValues,
  positiveNumber,
  scalar,
  wholeNumber,
} from "./flag-values.ts";
import type { GlobalFlags } from "./global-flags.ts";
import type { LineFormat } from "./line-events.ts";
import type { StdinMode } from "./prompt-input.ts";
import { addSchemaFlags, type SchemaCompat, schemaOptions } from "./schema-flags.ts";
import { chooseView, type StreamView, streamViews } from "./stream-view.ts";
import { addUnavailableFlags } from "./unavailable.ts";
import { UsageError } from "./usage-error.ts";

/** The flags of every command that runs a turn (contract 10.2, 10.3). */
export interface TurnFlags extends GlobalFlags {
  model?: string;
  provider?: ProviderName;
  system?: string;
  systemPrompt?: string;
  instructions?: string[];
  maxTokens?: number;
  maxTotalTokens?: number;
  maxDuration?: number;
  maxToolCalls?: number;
  schema?: string;
  outputSchema?: string;
  outputSchemaCompat?: SchemaCompat;
  structuredOutputRetries?: number;
  param?: string[];
  paramsJson?: Record<string, unknown>;
  providerParamsJson?: Record<string, unknown>;
  tools?: "none" | "safe" | "workspace" | "full";
  output: "text" | "json";
  json?: boolean;
  stream?: boolean;
  streamView?: string;
  streamFocus?: string;
  stdin: StdinMode;
  lineFormat: LineFormat;
  yolo?: boolean;
  verbose?: boolean;
}

/** How a turn's outcome is shown. */
export interface Display {
  json: boolean;
  streaming: boolean;
  verbose: boolean;
  view: StreamView;
  /** The answer is wanted as JSON: prose is then no part of it. */
  wantsJson: boolean;
}

const providers = [
  "anthropic",
  "openai",
  "gemini",
  "self_hosted",
  "demo",
] as const satisfies readonly ProviderName[];

/** Declares the flags of a command that runs a turn. */
export function addTurnFlags(command: Command): Command {
  addModelFlags(command);
  addLimitFlags(command);
  addSchemaFlags(command);
  addInputFlags(command);
  addUnavailableFlags(command);
  return addDisplayFlags(command);
}

function addModelFlags(command: Command): void {
  command
    .option("-m, --model <id>", "model to answer with")
    .addOption(new Option("-p, --provider <name>", "whose model it is").choices(providers))
    .option("--param <key=value>", "provider parameter (repeatable)", collect)
    .option("--params-json <object>", "provider parameters as JSON; --param wins", jsonObject)
    .addOption(
      new Option("--provider-params-json <object>", "same").argParser(jsonObject).hideHelp(),
    )
    .option("--system <text>", "system prompt in place of the default")
    .addOption(new Option("--system-prompt <text>", "same").hideHelp())
    .option("--instructions <text>", "additional instructions (repeatable)", collect)
    .addOption(
      new Option("-t, --tools <set>", "built-in tools; without the flag, as configured").choices([
        "none",
        "safe",
        "workspace",
        "full",
      ]),
    )
    .option("--yolo", "same as --tools full");
}

function addLimitFlags(command: Command): void {
  command
    .option("--max-tokens <count>", "most tokens of one model call's answer", positiveNumber)
    .option("--max-total-tokens <count>", "most tokens of the whole run", positiveNumber)
    .option("-d, --max-duration <time>", "longest run, like 30s or 5m", durationMs)
    .option("--max-tool-calls <count>", "most tool calls of the run", wholeNumber);
}

function addInputFlags(command: Command): void {
  command
    .addOption(
      new Option("--stdin <mode>", "piped input: before the prompt, or a turn for each line")
        .choices(["auto", "blob", "lines", "off"])
        .default("auto"),
    )
    .addOption(
      new Option("--line-format <format>", "what the lines of --stdin lines are")
        .choices(["text", "json"])
        .default("text"),
    )
    // A session is kept in any case; the original's command lines say it.
    .addOption(new Option("--keep-alive", "accepted with --stdin lines").hideHelp());
}

function addDisplayFlags(command: Command): Command {
  const asked = new Set<string>();
  for (const name of ["stream", "no-stream"]) command.on(`option:${name}`, () => asked.add(name));
  return addViewFlags(command)
    .option("-s, --stream", "show the answer as it comes (default on a terminal)")
    .option("--no-stream", "show the answer when it is complete")
    .option("-v, --verbose", "tell about tool calls and tokens without --stream too")
    .hook("preAction", () => {
      if (asked.size > 1) throw new UsageError("--stream and --no-stream exclude each other");
    });
}

/** Declares which scopes are shown, and as what. */
export function addViewFlags(command: Command): Command {
  return command
    .addOption(new Option("-w, --stream-view <view>", "scopes to show").choices(streamViews))
    .option("-f, --stream-focus <scope>", "the scope of --stream-view focus")
    .addOption(
      new Option("-o, --output <format>", "form of what is printed")
        .choices(["text", "json"])
        .default("text"),
    )
    .option("--json", "same as --output json");
}

/** Settles how to show the turn, and refuses flags that contradict each other. */
export function displayOf(flags: TurnFlags): Display {
  const json = flags.json === true || flags.output === "json";
  const streaming = flags.stream ?? (process.stdout.isTTY && !json);
  const view = chooseView(flags, streaming);
  const wantsJson = flags.schema !== undefined || flags.outputSchema !== undefined;
  return { json, streaming, verbose: flags.verbose === true, view, wantsJson };
}

/** What the flags say about the turn itself, in the SDK's words; only what was given. */
export function turnOptions(flags: TurnFlags) {
  const providerParams = providerParamsOf(flags);
  const budgetLimits = budgetLimitsOf(flags);
  const system = flags.system ?? flags.systemPrompt;
  const tools = flags.tools ?? (flags.yolo ? "full" : undefined);
  return {
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.provider !== undefined && { provider: flags.provider }),
    ...(providerParams && { providerParams }),
    ...(system !== undefined && { systemPrompt: system }),
    ...(flags.instructions && { additionalInstructions: flags.instructions }),
    ...(flags.maxTokens !== undefined && { maxTokens: flags.maxTokens }),
    ...(budgetLimits && { budgetLimits }),
    ...(tools && { enableBuiltins: tools !== "none" }),
    ...schemaOptions(flags),
  };
}

function providerParamsOf(flags: TurnFlags): Record<string, unknown> | undefined {
  const { param, paramsJson = flags.providerParamsJson } = flags;
  if (!param && !paramsJson) return undefined;
  const single = Object.entries(keyValues("--param", param ?? []));
  return { ...paramsJson, ...Object.fromEntries(single.map(([key, text]) => [key, scalar(text)])) };
}

function budgetLimitsOf({ maxTotalTokens, maxDuration, maxToolCalls }: TurnFlags) {
  const limits = {
    ...(maxTotalTokens !== undefined && { maxTokens: maxTotalTokens }),
    ...(maxToolCalls !== undefined && { maxToolCalls }),
    ...(maxDuration !== undefined && {
      maxDuration: {
        secs: Math.floor(maxDuration / 1_000),
        nanos: Math.round((maxDuration % 1_000) * 1_000_000),
      },
    }),
  };
  return Object.keys(limits).length > 0 ? limits : undefined;
}

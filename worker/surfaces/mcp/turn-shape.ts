import * as z from "zod";
import { operations } from "../../../sdk/contract/index.ts";
import type { Json } from "./tool.ts";

/** How a call wants its turn to be told. */
const control = {
  stream: z
    .boolean()
    .default(false)
    .describe("Send each event as notifications/message while the turn runs"),
  wait: z.boolean().default(true).describe("false: return at once, while the turn goes on"),
  on_disconnect: z
    .enum(["interrupt", "continue"])
    .default("interrupt")
    .describe("What becomes of the turn if this call is cancelled"),
};

const Limits = z
  .object({
    max_tokens: z.int().positive().optional(),
    max_duration_secs: z.int().nonnegative().optional(),
    max_tool_calls: z.int().nonnegative().optional(),
  })
  .nullish();

/** What every turn may bring; names and shapes of contract 4.2, everything else is the operation's. */
function turnShape(shape: (typeof operations)["turn/start"]["input"]["shape"]) {
  return {
    model: shape.model.describe("Default: the realm's; see meerkat_models_catalog"),
    provider: shape.provider.describe("Default: follows from the model"),
    system_prompt: shape.system_prompt.describe("Replaces the realm's"),
    tools: shape.external_tools.describe(
      "Tools you run yourself: the turn then ends with pending_tool_call",
    ),
    budget_limits: Limits,
    output_schema: shape.output_schema.describe("JSON Schema for structured_output"),
    idempotency_key: shape.idempotency_key.describe(
      "Repeating a call with the same key runs it once",
    ),
    ...control,
  };
}

const resume = operations["turn/start"].input.shape;
const create = operations["session/create"].input.shape;
const { prompt: _asked, initial_turn: _first, external_tools: _tools, ...createFields } = create;
const {
  session_id,
  prompt: _prompt,
  external_tools: _turnTools,
  tool_results: _results,
  handling_mode,
  ...turnFields
} = resume;

/** What `meerkat_run` takes. */
export const RunInput = z.object({
  prompt: z.string().min(1),
  ...createFields,
  ...turnShape(resume),
  labels: create.labels.describe("For finding the session again"),
});

/** What `meerkat_resume` takes. */
export const ResumeInput = z.object({
  session_id,
  prompt: z.string().optional(),
  tool_results: z
    .array(
      z.object({
        tool_use_id: z.string(),
        content: z.string(),
        is_error: z.boolean().default(false),
      }),
    )
    .min(1)
    .nullish()
    .describe("Instead of a prompt: answers to pending_tool_calls"),
  handling_mode: handling_mode.describe(
    "While a turn runs: queue waits for its end, steer joins it",
  ),
  ...turnFields,
  ...turnShape(resume),
});

/** How the caller wants to hear of the turn. */
export type TurnControl = Pick<z.output<typeof RunInput>, keyof typeof control>;

/** The operation's own parameters, and how to tell its turn. */
export function turnParams(input: z.output<typeof RunInput> | z.output<typeof ResumeInput>): {
  params: Json;
  control: TurnControl;
} {
  const { stream, wait, on_disconnect, tools, budget_limits, ...rest } = input;
  const { max_duration_secs: secs, ...limits } = budget_limits ?? {};
  const duration = secs === undefined ? {} : { max_duration: { secs } };
  return {
    params: {
      ...rest,
      ...(tools ? { external_tools: tools } : {}),
      ...(budget_limits ? { budget_limits: { ...limits, ...duration } } : {}),
    },
    control: { stream, wait, on_disconnect },
  };
}

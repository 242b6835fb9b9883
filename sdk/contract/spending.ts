import * as z from "zod";
import { TimeLimit } from "./duration.ts";
import { defineOperation } from "./operation.ts";
import { ProviderName } from "./run.ts";
import { Usage } from "./usage.ts";

/** What may be used up, whatever of: a turn, a session, a realm, a day. Absent means no limit. */
const SpendingLimits = z.looseObject({
  max_tokens: z.int().positive().nullish(),
  /** US dollars, at list prices. */
  max_usd: z.number().positive().nullish(),
  /** Time that models took to answer. */
  max_duration: TimeLimit.nullish(),
  max_tool_calls: z.int().nonnegative().nullish(),
  max_model_calls: z.int().positive().nullish(),
});

/** The config's `budgets`: limits of everything larger than a turn; a turn's own are `budget`. */
export const Budgets = z.looseObject({
  session: SpendingLimits.nullish(),
  realm: SpendingLimits.nullish(),
  /** A calendar day, UTC. */
  day: SpendingLimits.nullish(),
});

/** One call of a model, for the books. */
export const ModelCall = z.object({
  /** Unique and rising within the session. */
  number: z.int(),
  /** Unix milliseconds of its end. */
  at: z.int(),
  model: z.string(),
  provider: ProviderName,
  usage: Usage,
  /** US dollars; null when nobody knows the model's price. */
  usd: z.number().nullable(),
  latency_ms: z.int(),
  /** How often it had to be tried again. */
  retries: z.int(),
  /** Tools that the model asked for. */
  tool_calls: z.int(),
  /** What kind of failure it was, of a call that gave no answer; not kept in the books. */
  error: z.string().optional(),
});
export type ModelCall = z.infer<typeof ModelCall>;

const Sums = z.object({
  model_calls: z.int(),
  tool_calls: z.int(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_tokens: z.int(),
  cache_creation_tokens: z.int(),
  reasoning_tokens: z.int(),
  /** Of the calls whose price is known. */
  usd: z.number(),
  /** Calls whose price is unknown: `usd` says nothing of them. */
  unpriced_calls: z.int(),
  latency_ms: z.int(),
  retries: z.int(),
});
export type Sums = z.infer<typeof Sums>;

const day = z.iso.date();

/** What a realm has used, in groups. */
export const UsageReport = z.object({
  from: day,
  to: day,
  group_by: z.string(),
  rows: z.array(Sums.extend({ group: z.string() })),
  total: Sums,
});
export type UsageReport = z.infer<typeof UsageReport>;

/** Operations on what was used. */
export const spendingOperations = {
  "usage/read": defineOperation({
    summary:
      "Tell what the realm has used: tokens, dollars, calls, by day, model, session or label",
    http: ["GET", "/usage"],
    scope: "read",
    input: z
      .object({
        /** First and last day, UTC; the last 30 days if left out. */
        from: day.optional(),
        to: day.optional(),
        group_by: z
          .string()
          .regex(/^(day|model|provider|session|label:.{1,128})$/, {
            message: "group_by is day, model, provider, session or label:<key>",
          })
          .default("day"),
      })
      .refine(({ from, to }) => !from || !to || from <= to, {
        path: ["to"],
        message: "the last day must not lie before the first",
      }),
    output: UsageReport,
  }),
};

import * as z from "zod";
import { ProviderName } from "./run.ts";

const ModelName = z.object({ provider: ProviderName, model: z.string() });

/** Events that the original does not know, or that a plain turn never meets: what befalls a session besides its answers. */
export const incidents = [
  /** The transcript's beginning is being condensed; `input_tokens` is what the last model call took in, 0 if unknown. */
  z.object({
    type: z.literal("compaction_started"),
    input_tokens: z.int(),
    estimated_history_tokens: z.int(),
    /** Messages that the model is shown. */
    message_count: z.int(),
  }),
  z.object({
    type: z.literal("compaction_completed"),
    summary_tokens: z.int(),
    /** Messages that the model was shown, and is shown from now on; the transcript keeps them all. */
    messages_before: z.int(),
    messages_after: z.int(),
  }),
  /** The model goes on with the whole transcript, if it can. */
  z.object({
    type: z.literal("compaction_failed"),
    error: z.string(),
    reason: z.object({ kind: z.string() }),
  }),
  /**
   * A model step started again: what it said from `voided_from_seq` on does not count (design I-6).
   * `reattached`: the vendor tells the same answer once more, and is not paid a second time.
   */
  z.object({
    type: z.literal("step_restarted"),
    run_id: z.string(),
    turn_number: z.int(),
    voided_from_seq: z.int(),
    reason: z.enum(["crash", "reattached", "stream_lost"]),
    attempt: z.int(),
    max_attempts: z.int(),
  }),
  /** The model's vendor is out: the rest of this run goes to another model. Nothing of the step was shown. */
  z.object({
    type: z.literal("model_fallback"),
    from: ModelName,
    to: ModelName,
    turn_number: z.int(),
    /** Why, in one word; `error` says it in full. */
    reason: z.string(),
    error: z.string(),
  }),
  /** The first event of a session that began with the first `at` messages of another one. */
  z.object({
    type: z.literal("session_forked"),
    session_id: z.string(),
    from_session_id: z.string(),
    at: z.int(),
  }),
  /** The newest turns were undone: messages from position `message_count` on are gone from the transcript. */
  z.object({
    type: z.literal("session_rewound"),
    session_id: z.string(),
    turns: z.int(),
    message_count: z.int(),
    removed_messages: z.int(),
  }),
] as const;

import * as z from "zod";

// What the strictest official SDK refuses when it is absent or of another type. More members are welcome.

const text = z.string().min(1);
const count = z.int().nonnegative();
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const usage = z.looseObject({ input_tokens: z.number(), output_tokens: z.number() });
const labels = z.record(z.string(), z.string()).optional();
const version = z.looseObject({ major: z.int(), minor: z.int(), patch: z.int() });

const runResult = z.looseObject({
  session_id: uuid,
  text: z.string(),
  turns: z.number(),
  tool_calls: z.number(),
  usage,
});

const row = {
  session_id: uuid,
  created_at: count,
  updated_at: count,
  message_count: count,
  is_active: z.boolean(),
  labels,
};

const block = z.looseObject({ type: z.enum(["text", "image", "video", "structured", "unknown"]) });
const content = z.union([z.string(), z.array(block)]);
const stopReason = z.enum([
  "end_turn",
  "tool_use",
  "max_tokens",
  "stop_sequence",
  "content_filter",
  "cancelled",
]);
const assistantBlock = z.discriminatedUnion("block_type", [
  z.looseObject({ block_type: z.literal("text"), data: z.looseObject({ text: z.string() }) }),
  z.looseObject({ block_type: z.literal("reasoning"), data: z.looseObject({}) }),
  z.looseObject({
    block_type: z.literal("tool_use"),
    data: z.looseObject({ id: text, name: text, args: z.unknown() }),
  }),
]);
const dated = {
  created_at: text,
  run_id: z.string().optional(),
  interaction_id: z.string().optional(),
};
const message = z.discriminatedUnion("role", [
  z.looseObject({ role: z.literal("user"), content, ...dated }),
  z.looseObject({
    role: z.literal("block_assistant"),
    blocks: z.array(assistantBlock),
    stop_reason: stopReason,
    ...dated,
  }),
  z.looseObject({
    role: z.literal("tool_results"),
    results: z.array(
      z.looseObject({ tool_use_id: text, content, is_error: z.boolean().optional() }),
    ),
    ...dated,
  }),
  z.looseObject({ role: z.literal("system"), content: z.string(), ...dated }),
]);

/** What each method's result must hold. */
export const resultShapes: Readonly<Record<string, z.ZodType>> = {
  initialize: z.looseObject({ contract_version: text, methods: z.array(z.string()) }),
  "capabilities/get": z.looseObject({
    contract_version: version,
    capabilities: z.array(
      z.looseObject({
        id: text,
        description: text,
        status: z.union([text, z.record(z.string(), z.unknown())]),
      }),
    ),
  }),
  "tools/register": z.looseObject({ registered: z.int() }),
  "session/create": z.union([runResult, z.strictObject({ session_id: uuid, session_ref: text })]),
  "turn/start": runResult,
  "turn/interrupt": z.looseObject({ session_id: uuid, interrupted: z.boolean() }),
  "session/archive": z.looseObject({ archived: z.literal(true) }),
  "session/list": z.looseObject({
    sessions: z.array(z.looseObject({ ...row, total_tokens: count })),
  }),
  "session/read": z.looseObject({ ...row, model: text, provider: text }),
  "session/history": z.looseObject({
    session_id: uuid,
    message_count: count,
    offset: count,
    has_more: z.boolean(),
    messages: z.array(message),
  }),
  "session/stream_open": z.looseObject({
    stream_id: uuid,
    session_id: uuid,
    opened: z.literal(true),
  }),
  "session/stream_close": z.looseObject({ stream_id: uuid, closed: z.literal(true) }),
  "config/get": z.looseObject({ config: z.looseObject({}), generation: z.int() }),
  "config/set": z.looseObject({ config: z.looseObject({}), generation: z.int() }),
  "config/patch": z.looseObject({ config: z.looseObject({}), generation: z.int() }),
  "models/catalog": z.looseObject({
    contract_version: version,
    providers: z.array(
      z.looseObject({
        provider: text,
        default_model_id: text,
        models: z.array(
          z.looseObject({
            id: text,
            display_name: z.string(),
            tier: z.enum(["recommended", "supported"]),
          }),
        ),
      }),
    ),
  }),
  "skills/list": z.looseObject({ skills: z.array(z.unknown()) }),
};

const tool = { id: text, name: text };
const blocks = z.array(block).optional();

const payload = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("run_started"), session_id: uuid, prompt: z.string() }),
  z.looseObject({ type: z.literal("turn_started"), turn_number: z.number() }),
  z.looseObject({ type: z.literal("reasoning_delta"), delta: z.string() }),
  z.looseObject({ type: z.literal("reasoning_complete"), content: z.string() }),
  z.looseObject({ type: z.literal("text_delta"), delta: z.string() }),
  z.looseObject({ type: z.literal("text_complete"), content: z.string() }),
  z.looseObject({ type: z.literal("tool_call_requested"), ...tool, args: z.looseObject({}) }),
  z.looseObject({ type: z.literal("tool_execution_started"), ...tool }),
  z.looseObject({ type: z.literal("tool_execution_completed"), ...tool, content: blocks }),
  z.looseObject({
    type: z.literal("tool_result_received"),
    ...tool,
    is_error: z.boolean(),
    content: blocks,
  }),
  z.looseObject({ type: z.literal("interaction_callback_pending"), interaction_id: text }),
  z.looseObject({ type: z.literal("turn_completed"), stop_reason: stopReason }),
  z.looseObject({ type: z.literal("run_completed"), session_id: uuid, result: z.string(), usage }),
  z.looseObject({
    type: z.literal("run_failed"),
    session_id: uuid,
    error_class: text,
    error: z.string(),
  }),
]);

/** Both generations of an event at once: its own members, and the envelope around them. */
export const eventShape = z
  .looseObject({
    event_id: uuid,
    source: z.looseObject({ type: z.literal("session"), session_id: uuid }),
    seq: count,
    timestamp_ms: count,
    payload,
    type: text,
  })
  .refine(({ type, ...event }) => payload.safeParse({ ...event, type }).success, "the flat event")
  .refine((event) => event.type === event.payload.type, "two types in one event");

/** A stream's notice; a scope in it would make the SDKs look for another event inside. */
export const streamEventShape = z.strictObject({
  stream_id: uuid,
  sequence: z.int().positive(),
  session_id: uuid,
  event: eventShape,
});

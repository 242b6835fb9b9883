import * as z from "zod";

const inert = new WeakSet<z.ZodType>();

/**
 * Marks a key that the original has and this deployment accepts, checks and keeps, but does not act on.
 * Whoever writes it is told so (`ineffective_keys`).
 */
export function withoutEffect<Schema extends z.ZodType>(schema: Schema): Schema {
  // A schema may stand for several keys: only this use of it is marked.
  const own = schema.clone();
  inert.add(own);
  return own;
}

export function isWithoutEffect(schema: z.ZodType): boolean {
  return inert.has(schema);
}

const count = z
  .int()
  .nonnegative()
  .max(2 ** 32 - 1);
const text = z.string();
const flag = z.boolean();
const list = z.array(z.unknown());
const section = z.looseObject({});

/** Sections that mean something only where the agent has a machine of its own (contract 8.3). */
export const inertSections = {
  hooks: withoutEffect(
    z.looseObject({
      default_timeout_ms: count.optional(),
      payload_max_bytes: count.optional(),
      background_max_concurrency: count.optional(),
      entries: list.optional(),
    }),
  ).optional(),
  skills: withoutEffect(
    z.looseObject({
      enabled: flag.optional(),
      max_injection_bytes: count.optional(),
      inventory_threshold: count.optional(),
      repositories: list.optional(),
    }),
  ).optional(),
  rest: withoutEffect(
    z.looseObject({ host: text.optional(), port: z.int().min(0).max(65_535).optional() }),
  ).optional(),
  storage: withoutEffect(z.looseObject({ directory: text.optional() })).optional(),
  store: withoutEffect(
    z.looseObject({
      sessions_path: text.optional(),
      tasks_path: text.optional(),
      database_dir: text.optional(),
    }),
  ).optional(),
  shell: withoutEffect(
    z.looseObject({
      program: text.optional(),
      timeout_secs: count.optional(),
      security_mode: z.enum(["unrestricted", "allow_list", "deny_list"]).optional(),
      security_patterns: z.array(text).optional(),
    }),
  ).optional(),
  comms: withoutEffect(
    z.looseObject({
      mode: z.enum(["inproc", "tcp", "uds"]).optional(),
      address: text.optional(),
      auth: z.enum(["none", "ed25519"]).optional(),
      require_peer_auth: flag.optional(),
      event_address: text.optional(),
    }),
  ).optional(),
  realm: withoutEffect(z.record(text, section)).optional(),
  provider_tools: withoutEffect(section).optional(),
  presentation: withoutEffect(section).optional(),
  mob_host: withoutEffect(section).optional(),
};

/** Keys of `tools` that offer what this deployment does not have. */
export const inertToolKeys = {
  shell_enabled: withoutEffect(flag).optional(),
  comms_enabled: withoutEffect(flag).optional(),
  mob_enabled: withoutEffect(flag).optional(),
  schedule_enabled: withoutEffect(flag).optional(),
  workgraph_enabled: withoutEffect(flag).optional(),
  mcp_servers: withoutEffect(list).optional(),
};

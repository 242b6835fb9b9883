import * as z from "zod";
import { Labels } from "./ids.ts";

/** What a caller's token must allow: look, run turns, or change the realm. */
export const Scope = z.enum(["read", "run", "admin"]);
export type Scope = z.infer<typeof Scope>;

/** Access to the events and the transcript of one session, and to nothing else. */
export const Watching = z.object({
  session_id: z.string(),
  /** Nothing up to this place of the log is shown. */
  after: z.int().nonnegative(),
  /** Whether tools' arguments and results are left out. */
  redact_tools: z.boolean(),
});
export type Watching = z.infer<typeof Watching>;

/** What an operation asks of a caller: a scope, or only that it was let in. */
export type Need = Scope | "any";

/** How many turns the holder of a token may start: exact, because the realm counts them. */
export const TurnLimits = z.object({
  max_concurrent_turns: z.int().min(1).max(10_000).optional(),
  turns_per_minute: z.int().min(1).max(60_000).optional(),
});
export type TurnLimits = z.infer<typeof TurnLimits>;

/** Whose turn it is, where the turns of that holder are limited. */
export interface Quota extends TurnLimits {
  /** The token's id. */
  holder: string;
}

/** What narrows an access further than its scopes do. */
export interface Confines {
  /** Only sessions with all of these labels; sessions that it creates get them. */
  labels?: Labels;
  watching?: Watching;
  limits?: TurnLimits;
}

/** What a request may do, and in whose name: `admin`, `open` on a server without a token, or a token's id. */
export interface Access {
  scopes: readonly Scope[];
  actor: string;
  confines?: Confines;
  /** When it ends, in unix seconds. */
  expiresAt?: number | undefined;
}

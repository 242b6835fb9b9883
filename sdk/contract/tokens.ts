import * as z from "zod";
import { Scope, TurnLimits, Watching } from "./access.ts";
import { OwnLabels, SessionLocator } from "./ids.ts";
import { defineOperation } from "./operation.ts";

const LONGEST_SECONDS = 10 * 365 * 86_400;
const SHARED_SECONDS = 7 * 86_400;

const seconds = z.int().min(1).max(LONGEST_SECONDS);

const Origin = z
  .string()
  .max(255)
  .refine((text) => URL.parse(text)?.origin === text, "expected an origin: https://app.example");

/** An access token as it is listed: everything but its secret, which is not kept. Times are unix seconds. */
export const TokenInfo = z.object({
  token_id: z.string(),
  name: z.string().optional(),
  scopes: z.array(Scope),
  /** Only sessions with all of these labels. */
  labels: z.record(z.string(), z.string()).optional(),
  /** The pages that may send it. */
  origins: z.array(z.string()).optional(),
  /** The one session that it may watch. */
  watching: Watching.optional(),
  /** What of its own turns the realm allows it, besides what the realm's config allows all. */
  limits: TurnLimits.optional(),
  /** The OAuth client that it was granted to, for MCP; `created_by` vouched for it. */
  client_id: z.string().optional(),
  created_at: z.int(),
  created_by: z.string(),
  expires_at: z.int().optional(),
  /** To the hour. */
  last_used_at: z.int().optional(),
});
export type TokenInfo = z.infer<typeof TokenInfo>;

const Minted = TokenInfo.extend({
  /** Shown this once. */
  token: z.string(),
});

/** What the credential of a request is, as far as its holder may know. */
const Self = z.object({
  realm_id: z.string(),
  /** `admin`, `open` on a server without a token, or the id that lists and audit logs know it by. */
  actor: z.string(),
  /** Whether it may name other realms. */
  reach: z.enum(["deployment", "realm"]),
  scopes: z.array(Scope),
  labels: TokenInfo.shape.labels,
  watching: TokenInfo.shape.watching,
  limits: TokenInfo.shape.limits,
  expires_at: TokenInfo.shape.expires_at,
});

/** Operations on who may do what in a realm. */
export const tokenOperations = {
  "tokens/create": defineOperation({
    summary: "Create an access token of the realm; its secret is shown in this answer only",
    http: ["POST", "/tokens"],
    successStatus: 201,
    scope: "admin",
    input: z.object({
      name: z.string().min(1).max(128).optional(),
      /** At most those of the caller. */
      scopes: z
        .array(Scope)
        .min(1)
        .max(3)
        .refine((scopes) => new Set(scopes).size === scopes.length, "a scope is named twice")
        .default(["read", "run"]),
      /** Seconds from now; without it the token lives until it is revoked. */
      expires_in: seconds.optional(),
      /** The token sees only sessions with all of these labels, and creates sessions with them. */
      labels: OwnLabels.optional(),
      /** Turns that are started with it. */
      limits: TurnLimits.optional(),
      /** Requests of other pages are refused; clients that are no browser send no origin. */
      origins: z.array(Origin).min(1).max(16).optional(),
    }),
    output: Minted,
  }),
  "tokens/self": defineOperation({
    summary: "Tell what the credential of this request allows: its realm, scopes and end",
    http: ["GET", "/tokens/self"],
    scope: "any",
    input: z.object({}),
    output: Self,
  }),
  "tokens/list": defineOperation({
    summary: "List the realm's access tokens and shares, newest first, without their secrets",
    http: ["GET", "/tokens"],
    scope: "admin",
    input: z.object({}),
    output: z.object({ tokens: z.array(TokenInfo) }),
  }),
  "tokens/revoke": defineOperation({
    summary: "Revoke an access token or a share; everywhere it ends within 30 seconds",
    http: ["DELETE", "/tokens/:token_id"],
    scope: "admin",
    input: z.object({ token_id: z.string().min(1).max(64) }),
    output: z.object({
      token_id: z.string(),
      /** False if there was none of this id. */
      revoked: z.boolean(),
    }),
  }),
  "session/share": defineOperation({
    summary: "Create a token that may only watch this session; revoke it like any other",
    http: ["POST", "/sessions/:session_id/share"],
    successStatus: 201,
    scope: "admin",
    input: z.object({
      session_id: SessionLocator,
      /** Show only what comes after this seq; with one, the transcript is not shown. */
      after: z.int().nonnegative().default(0),
      /** Leave out what tools were called with and what they answered. */
      redact_tools: z.boolean().default(false),
      /** Seconds from now; a week, unless given. */
      expires_in: seconds.default(SHARED_SECONDS),
    }),
    output: Minted.extend({
      share_id: z.string(),
      /** Opens the session in the console. The token is in its fragment, which browsers do not send. */
      url: z.string(),
    }),
  }),
};

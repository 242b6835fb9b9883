import type { SpendingLimits } from "../lib/budget-decision.ts";

/** When and how the transcript's beginning is condensed (contract 8.3). */
export interface CompactionPolicy {
  /** Tokens of the next model call. */
  threshold: number;
  /** Newest turns that are left alone, the running one included. */
  recentTurns: number;
  maxSummaryTokens: number;
  /** Model calls. */
  minTurnsBetween: number;
}

/** How JSON is asked for after the answer. */
export interface ExtractionSettings {
  /** How often more after the first time. */
  retries: number;
  /** In place of our own words. */
  prompt?: string;
}

/** How often and when a failed model call is tried again (contract 7.8). */
export interface RetryPolicy {
  maxRetries: number;
  initialDelayMs: number;
  maxDelayMs: number;
  multiplier: number;
}

/** How much crashes may cost a run before it is given up. */
export interface RecoveryPolicy {
  maxAttempts: number;
  /** Of model calls that are paid for and lost. */
  maxUsd: number;
}

/** What one run may use (contract 7.7); absent means no limit. */
export interface RunLimits {
  tokens?: number;
  toolCalls?: number;
  durationMs?: number;
  /** US dollars. */
  usd?: number;
  modelCalls?: number;
}

/** Limits of all that is larger than a turn, as they were when it began. */
export interface ScopeBudgets {
  session?: SpendingLimits | undefined;
  realm?: SpendingLimits | undefined;
  day?: SpendingLimits | undefined;
}

import type { Outcome } from "./json-rpc.ts";

/** Something that the deployment is asked, again on each new connection until it has answered. */
export interface Call {
  /** What to ask now: after a loss it may be less, or something else, than at first. */
  ask(): { method: string; params: unknown };
  answered(outcome: Outcome): void;
  /** The connection on which it was asked, or answered, is gone. */
  lost?(): void;
  /** Asked again on each new connection even when answered: the deployment forgets it with the connection. */
  readonly isStanding?: boolean;
}

import type { Scope } from "../sdk/contract/access.ts";

/** Whom an embedding Worker has recognised, and what they may do. */
export interface Identity {
  /** Who it is, for the audit log and the limits: a user's id, say. At most 128 characters. */
  actor: string;
  /** The tenant, and the only one that they reach; `"*"` for all of the deployment. */
  realm: string;
  /** `read`, `run`, `admin`: each has to be named. */
  scopes: readonly Scope[];
  /** Only sessions with all of these labels; sessions that they create get them. */
  labels?: Record<string, string>;
}

/**
 * Says who asks. `undefined` leaves it to the deployment's own tokens. What it throws lets nobody in:
 * an `AppError` is told to the client, anything else is logged. The request has no body.
 */
export type Authenticate = (
  request: Request,
  env: Cloudflare.Env,
) => Identity | undefined | Promise<Identity | undefined>;

import type { Authenticate } from "./identity.ts";

/** A tool as the Worker tells of it; it is run where turns run. */
export interface ToolInfo {
  definition: { name: string };
}

/** What another Worker may choose when it serves this one. */
export interface AppOptions {
  /** The path it answers below, such as "/agents", for who hands it whole requests. With Hono's `route` it is not needed. */
  basePath?: string;
  /** Asked before the deployment's own tokens, which are tried when it knows nobody. */
  authenticate?: Authenticate;
  /** The tools that its sessions were defined with: `GET /capabilities` tells of them. */
  tools?: readonly ToolInfo[];
}

import { mountMcp } from "./mount.ts";
import { createServer } from "./server.ts";
import { longTools, needs } from "./tools.ts";

/** The Model Context Protocol: sessions as tools for agents of any make. */
export const mcp = mountMcp(createServer, { longTools, needs });

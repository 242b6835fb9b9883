import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { AppError } from "../sdk/contract/index.ts";
import type { AppEnv } from "./app-env.ts";

/**
 * Lets browsers call from the origins of `RKAT_CORS_ORIGINS` and from the Worker's own, and refuses
 * the rest: also requests for which a browser would not ask first, since those act before CORS is read.
 */
export const crossOrigin: MiddlewareHandler<AppEnv> = async (c, next) => {
  const allowed = new Set((c.env.RKAT_CORS_ORIGINS ?? "").split(",").map((item) => item.trim()));
  const origin = c.req.header("origin");
  const isAllowed = (asked: string) => allowed.has("*") || allowed.has(asked);
  if (origin && origin !== new URL(c.req.url).origin && !isAllowed(origin)) {
    throw new AppError("SCOPE_DENIED", `Origin '${origin}' is not allowed: see RKAT_CORS_ORIGINS`);
  }
  const middleware = cors({
    origin: (asked) => (isAllowed(asked) ? asked : null),
    allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: [
      "authorization",
      "content-type",
      "idempotency-key",
      "last-event-id",
      "mcp-method",
      "mcp-name",
      "mcp-protocol-version",
      "mcp-session-id",
      "x-meerkat-instance",
      "x-meerkat-realm",
      "x-meerkat-request-id",
    ],
    exposeHeaders: ["mcp-session-id", "retry-after", "www-authenticate"],
    maxAge: 86_400,
  });
  return middleware(c, next);
};

import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app-env.ts";

/** Replies are data, never a page: nothing in them may be run, framed, guessed at or kept. */
const headers = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
};

const HSTS = "max-age=31536000";

/** Tells browsers how little to do with a reply. A route that has said something else itself keeps it. */
export const securityHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(headers)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
  if (new URL(c.req.url).protocol === "https:") {
    c.res.headers.set("strict-transport-security", HSTS);
  }
};

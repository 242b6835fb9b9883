import { type Handler, Hono, type MiddlewareHandler } from "hono";
import type { AppEnv } from "./app-env.ts";

/** What the console's page may do: run its own scripts, show its own styles, and ask this deployment. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Images in prompts and answers come as data; a model cannot make the page fetch one.
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const shared = {
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

const YEAR_S = 31_536_000;

const serve: Handler<AppEnv> = async (c) => {
  const { pathname, origin } = new URL(c.req.url);
  const isPage = pathname === "/console/";
  const address = isPage ? `${origin}/console/index.html` : `${origin}${pathname}`;
  const isFile = isPage || /^\/console\/assets\/[\w.-]+$/.test(pathname);
  const known = c.req.header("if-none-match");
  const headers = known === undefined ? {} : { "if-none-match": known };
  const file = isFile ? await c.env.ASSETS?.fetch(address, { headers }) : undefined;
  if (!file || (!file.ok && file.status !== 304)) {
    await file?.body?.cancel();
    return c.text("There is no such page. The console is at /console/\n", 404, shared);
  }
  const reply = new Response(file.body, file);
  for (const [name, value] of Object.entries(shared)) reply.headers.set(name, value);
  // A file's name holds its hash, so the name never stands for other content.
  const kept = isPage ? "no-cache" : `public, max-age=${YEAR_S}, immutable`;
  reply.headers.set("cache-control", kept);
  return reply;
};

/** The console's static files, the only pages of the deployment. Anybody may load them: they hold no data. */
export const consoleFiles = new Hono<AppEnv>()
  .get("/", (c) => c.redirect("/console/", 308))
  .get("/*", serve);

/** Brings whoever opens the deployment's bare address in a browser to the console; programs are answered as ever. */
export const toConsole: MiddlewareHandler<AppEnv> = async (c, next) => {
  const isBrowser = c.req.header("accept")?.includes("text/html");
  if (isBrowser && c.req.path === "/" && c.env.ASSETS) return c.redirect("/console/");
  await next();
  return undefined;
};

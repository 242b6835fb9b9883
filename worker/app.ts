import { Hono, type HonoRequest, type MiddlewareHandler } from "hono";
import { AppError, RealmId } from "../sdk/contract/index.ts";
import type { AppEnv } from "./app-env.ts";
import type { AppOptions } from "./app-options.ts";
import { authenticate } from "./auth.ts";
import { bodyLimit } from "./body-limit.ts";
import { consoleFiles, toConsole } from "./console-files.ts";
import { crossOrigin } from "./cross-origin.ts";
import { EdgeLimit } from "./edge-limit.ts";
import { headerLimit } from "./header-limit.ts";
import { ownGrant } from "./own-identity.ts";
import { securityHeaders } from "./security-headers.ts";
import { events } from "./surfaces/events.ts";
import { openapi } from "./surfaces/openapi.ts";
import { mcp } from "./surfaces/mcp/mcp.ts";
import { oauth } from "./surfaces/oauth/oauth.ts";
import { rpc } from "./surfaces/rpc/rpc.ts";
import { refusal } from "./surfaces/refusal.ts";
import { errorResponse, rest } from "./surfaces/rest.ts";
import { provenanceOf } from "./trace-context.ts";

const MAX_INSTANCE_CHARS = 128;

/** The Worker: every protocol towards clients, over one table of operations. */
export function createApp(options: AppOptions = {}): Hono<AppEnv> {
  const api = createApi(options);
  const app = new Hono<AppEnv>()
    .use(securityHeaders)
    .use(headerLimit)
    .use(crossOrigin)
    .get("/health", (c) => c.text("ok"))
    .get("/", toConsole)
    .route("/console", consoleFiles)
    .route("/", oauth)
    .route("/realms/:realm", api)
    .route("/", api)
    .onError((cause, c) => refusal(c, cause));
  const { basePath = "/" } = options;
  return (basePath === "/" ? app : new Hono<AppEnv>().route(basePath, app)).notFound((c) =>
    errorResponse(new AppError("NOT_FOUND", `No route ${c.req.method} ${c.req.path}`)),
  );
}

/** The Worker of this repository. */
export const app = createApp();

/** What is served below a realm's path as well as without one. */
function createApi(options: AppOptions): Hono<AppEnv> {
  return (
    new Hono<AppEnv>()
      .use(letIn(options))
      // After: it reads bodies of unknown length, and nobody's are read who may not come in.
      .use(bodyLimit)
      .get("/openapi.json", (c) => c.json(openapi(serverUrl(c.req.url))))
      .route("/", rpc)
      .route("/mcp", mcp)
      .route("/", events)
      .route("/", rest)
  );
}

/** Finds out who asks, and in which realm. */
function letIn({
  authenticate: own,
  tools = [],
  basePath = "/",
}: AppOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const path = c.req.param("realm");
    const header = c.req.header("x-meerkat-realm");
    // Whoever may not come in does not learn either whether the name would do.
    const asked = path ?? header;
    const limit = new EdgeLimit(c.env, c.req.raw);
    const grant = await limit.known(
      asked,
      async () =>
        (own && (await ownGrant(own, c.req.raw, c.env, asked))) ??
        (await authenticate(c.req.raw, c.env, asked, () => limit.stranger())),
    );
    const realm = realmNamed(path, header, grant.realm ?? c.env.RKAT_DEFAULT_REALM);
    const origin = c.req.header("origin") ?? null;
    const ip = c.req.header("cf-connecting-ip") ?? null;
    const instance = instanceNamed(c.req);
    const host = new URL(c.req.url).origin + basePath.replace(/\/$/, "");
    const asking = { ...grant, ...provenanceOf(c.req.raw), host, origin, ip, instance };
    c.set("caller", { ...asking, env: c.env, realm, ownTools: tools });
    await next();
  };
}

/** Where the document's paths begin: below the Worker's origin, if it is mounted there. */
function serverUrl(documentUrl: string): string {
  const { origin, pathname } = new URL(documentUrl);
  return origin + pathname.replace(/(?:\/realms\/[^/]+)?\/openapi\.json$/, "");
}

/** The realm a request is about: by path, by header, or that of the credential, or the default. */
function realmNamed(
  path: string | undefined,
  header: string | undefined,
  fallback: string,
): string {
  if (path && header && path !== header) {
    const message = `The path names realm '${path}', the header X-Meerkat-Realm names '${header}'`;
    throw new AppError("INVALID_PARAMS", message);
  }
  const realm = RealmId.safeParse(path ?? header ?? fallback);
  if (realm.success) return realm.data;
  const message = `Invalid realm '${path ?? header}': ${realm.error.issues[0]?.message}`;
  throw new AppError("INVALID_PARAMS", message);
}

/** What the client calls itself: for information, so it is cut rather than refused. */
function instanceNamed(request: HonoRequest): string | undefined {
  const name = request.header("x-meerkat-instance") ?? request.query("instance_id");
  return name?.slice(0, MAX_INSTANCE_CHARS) || undefined;
}

import { Hono, type HonoRequest } from "hono";
import { AppError, RealmId } from "../sdk/contract/index.ts";
import type { AppEnv } from "./app-env.ts";
import { authenticate } from "./auth.ts";
import { bodyLimit } from "./body-limit.ts";
import { crossOrigin } from "./cross-origin.ts";
import { EdgeLimit } from "./edge-limit.ts";
import { headerLimit } from "./header-limit.ts";
import { securityHeaders } from "./security-headers.ts";
import { events } from "./surfaces/events.ts";
import { openapi } from "./surfaces/openapi.ts";
import { mcp } from "./surfaces/mcp/mcp.ts";
import { rpc } from "./surfaces/rpc/rpc.ts";
import { refusal } from "./surfaces/refusal.ts";
import { errorResponse, rest } from "./surfaces/rest.ts";

const MAX_INSTANCE_CHARS = 128;

const api = new Hono<AppEnv>()
  .use(async (c, next) => {
    const path = c.req.param("realm");
    const header = c.req.header("x-meerkat-realm");
    // Whoever may not come in does not learn either whether the name would do.
    const asked = path ?? header;
    const limit = new EdgeLimit(c.env, c.req.raw);
    const grant = await limit.known(asked, () =>
      authenticate(c.req.raw, c.env, asked, () => limit.stranger()),
    );
    const realm = realmNamed(path, header, grant.realm ?? c.env.RKAT_DEFAULT_REALM);
    const origin = c.req.header("origin") ?? null;
    const ip = c.req.header("cf-connecting-ip") ?? null;
    const instance = instanceNamed(c.req);
    const { origin: host } = new URL(c.req.url);
    c.set("caller", { ...grant, env: c.env, realm, host, origin, ip, instance });
    await next();
  })
  // After: it reads bodies of unknown length, and nobody's are read who may not come in.
  .use(bodyLimit)
  .get("/openapi.json", (c) => c.json(openapi(new URL(c.req.url).origin)))
  .route("/", rpc)
  .route("/mcp", mcp)
  .route("/", events)
  .route("/", rest);

/** The Worker: every protocol towards clients, over one table of operations. */
export const app = new Hono<AppEnv>()
  .use(securityHeaders)
  .use(headerLimit)
  .use(crossOrigin)
  .get("/health", (c) => c.text("ok"))
  .route("/realms/:realm", api)
  .route("/", api)
  .notFound((c) =>
    errorResponse(new AppError("NOT_FOUND", `No route ${c.req.method} ${c.req.path}`)),
  )
  .onError((cause, c) => refusal(c.req.path, cause));

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

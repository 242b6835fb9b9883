import { type Context, Hono } from "hono";
import {
  AppError,
  errorCodes,
  type Operation,
  operationList,
  toAppError,
} from "../../sdk/contract/index.ts";
import type { AppEnv } from "../app-env.ts";
import { call } from "../call.ts";
import { callNamed } from "./named-request.ts";

/** One route per operation. Path, query and body together are its parameters. */
export const rest = new Hono<AppEnv>();

/** Operations that take long enough to be taken back by a name (contract 2.5). */
const startsTurn = new Set<string>(["session/create", "turn/start"]);

for (const [name, operation] of operationList) {
  const [method, path] = operation.http;
  rest.on(method, path, async (c) => {
    const params = await readParams(c, operation);
    const requestId = c.req.header("x-meerkat-request-id");
    const result =
      requestId === undefined || !startsTurn.has(name)
        ? await call(name, params, c.var.caller)
        : await callNamed(requestId, name, params, c.var.caller);
    const reply = operation.restReply ? operation.restReply(result) : result;
    return c.json(reply, operation.successStatus ?? 200);
  });
}

/** A failure as REST says it (contract 2.8). Unknown errors are logged whole and told as nothing but that. */
export function errorResponse(cause: unknown): Response {
  const { code, message, details } = toAppError(cause);
  if (code === "INTERNAL_ERROR") console.error(cause);
  if (details?.session_created && !namedByItself.has(code)) {
    const told = { ...details, turn_error_code: code };
    return errorBody("SESSION_CREATED_WITH_TURN_FAILURE", message, told, 500);
  }
  const facts: { status: number; rest?: string } = errorCodes[code];
  return errorBody(facts.rest ?? code, message, details, facts.status);
}

/** Ends of a first turn that are no failure of the turn: they keep their own names. */
const namedByItself = new Set<string>(["REQUEST_CANCELLED", "CALLBACK_PENDING"]);

function errorBody(
  code: string,
  error: string,
  details: AppError["details"],
  status: number,
): Response {
  // 499 is no status that a Response can be made with in every runtime; workerd allows it.
  return Response.json(
    { error, code, ...(details ? { details } : {}) },
    { status, headers: headersOf(status, details) },
  );
}

function headersOf(status: number, details: AppError["details"]): Record<string, string> {
  if (status === 401) return { "www-authenticate": "Bearer" };
  const wait = details?.retry_after_secs;
  return typeof wait === "number" ? { "retry-after": String(wait) } : {};
}

async function readParams(
  c: Context<AppEnv>,
  { query: own, input }: Operation,
): Promise<Record<string, unknown>> {
  const { searchParams } = new URL(c.req.url);
  const query: Record<string, unknown> = own
    ? own.read(searchParams)
    : Object.fromEntries(searchParams);
  // They say who asks, not what for; a ticket would be stored with an event, whose fields are free.
  for (const name of ["instance_id", "ticket"]) if (!(name in input.shape)) delete query[name];
  const { realm: _realm, ...path } = c.req.param() as Record<string, string>;
  const params = await readBody(c);
  for (const [key, value] of Object.entries(path)) {
    const said = params[key];
    if (said !== undefined && !isSame(said, value)) {
      const message = `${key} differs: '${value}' in the path, ${JSON.stringify(said)} in the body`;
      throw new AppError("INVALID_PARAMS", message);
    }
  }
  const key = c.req.header("idempotency-key");
  const keyed = key !== undefined && "idempotency_key" in input.shape;
  if (keyed && (params["idempotency_key"] ?? key) !== key) {
    const message = "idempotency_key in the body differs from the header Idempotency-Key";
    throw new AppError("INVALID_PARAMS", message);
  }
  return { ...query, ...(keyed ? { idempotency_key: key } : {}), ...params, ...path };
}

/** A session may be named with its realm in one place and without it in the other. */
function isSame(said: unknown, value: string): boolean {
  const bare = (locator: string) => locator.slice(locator.lastIndexOf(":") + 1);
  return typeof said === "string" && bare(said) === bare(value);
}

async function readBody(c: Context<AppEnv>): Promise<Record<string, unknown>> {
  if (c.req.method === "GET") return {};
  const text = await c.req.text();
  if (text === "") return {};
  // A page of another site can send text/plain without asking; JSON makes its browser ask first.
  if (!/^application\/(\w+\+)?json\b/.test(c.req.header("content-type") ?? "")) {
    throw new AppError(
      "INVALID_PARAMS",
      "The body must be JSON: send content-type: application/json",
    );
  }
  const body = parseJson(text);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new AppError("INVALID_PARAMS", "The body must be a JSON object");
  }
  // Just checked to be an object.
  return body as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError("INVALID_PARAMS", "The body is not valid JSON");
  }
}

import type { Context } from "hono";
import { errorCodes, toAppError } from "../../sdk/contract/index.ts";
import type { AppEnv } from "../app-env.ts";
import { challenge } from "./oauth/resource.ts";
import { errorResponse } from "./rest.ts";
import { failure } from "./rpc/message.ts";

/** A request that no surface saw, refused in the words of the one that it was for: JSON-RPC's or REST's. */
export function refusal({ req, env }: Context<AppEnv>, cause: unknown): Response {
  if (!/\/(?:mcp|rpc)$/.test(req.path)) return errorResponse(cause);
  const { status } = errorCodes[toAppError(cause).code];
  return new Response(failure(null, cause), {
    status,
    headers: {
      "content-type": "application/json",
      ...(status === 401 ? { "www-authenticate": challenge(req.raw, env) } : {}),
    },
  });
}

import {
  bearerAuthChallengeResponse,
  OAuthError,
  OAuthErrorCode,
} from "@modelcontextprotocol/server";
import { Scope } from "../../../sdk/contract/index.ts";
import type { Caller } from "../../call.ts";
import { metadataOf } from "../oauth/resource.ts";
import type { Json } from "./tool.ts";

/** What a request of the protocol needs; nothing for what is for everybody. */
export type Needs = (method: string, params: Json) => readonly Scope[];

/**
 * Sends a client back for the scopes that a request needs and its grant lacks, with those that it has,
 * so that nothing is lost. Only for tokens that OAuth made: the holder of another has nobody to ask, and
 * is told in the result of the call.
 */
export async function stepUp(
  request: Request,
  { client, scopes }: Caller,
  needs: Needs,
): Promise<Response | undefined> {
  const hasAll = Scope.options.every((scope) => scopes.includes(scope));
  if (client === undefined || hasAll || request.method !== "POST") return undefined;
  const { method, params } = await messageIn(request);
  const needed = method === undefined ? [] : needs(method, params);
  if (needed.every((scope) => scopes.includes(scope))) return undefined;
  const all = Scope.options.filter((scope) => scopes.includes(scope) || needed.includes(scope));
  const message = `This needs the scope ${needed.join(" ")}`;
  return bearerAuthChallengeResponse(new OAuthError(OAuthErrorCode.InsufficientScope, message), {
    requiredScopes: all,
    resourceMetadataUrl: metadataOf(new URL(request.url)),
  });
}

/** What is no message is for the protocol to refuse. */
async function messageIn(request: Request): Promise<{ method?: string; params: Json }> {
  const message: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  if (typeof message !== "object" || message === null) return { params: {} };
  const { method, params }: { method?: unknown; params?: unknown } = message;
  if (typeof method !== "string") return { params: {} };
  // Objects are all that is looked into.
  return { method, params: typeof params === "object" && params !== null ? (params as Json) : {} };
}

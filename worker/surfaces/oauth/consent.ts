import {
  AuthorizationError,
  type AuthRequest,
  authorizationErrorRedirect,
  type OAuthHelpers,
} from "@cloudflare/workers-oauth-provider";
import type { Context } from "hono";
import { AppError, Scope, toAppError } from "../../../sdk/contract/index.ts";
import { secretsMark } from "../../access-token.ts";
import type { AppEnv } from "../../app-env.ts";
import { entered } from "../../audit-trail.ts";
import { authorizationServer } from "./authorization-server.ts";
import { consentPage, onwardPage, problemPage } from "./consent-page.ts";
import type { Vouched } from "./exchange.ts";
import { baseline, realmIn } from "./resource.ts";
import { smallBody } from "./small-body.ts";
import { type Voucher, voucher } from "./voucher.ts";

/** One client's wish, as it stands in the page's address. */
interface Wish {
  c: Context<AppEnv>;
  oauth: OAuthHelpers;
  request: AuthRequest;
  realm: string | undefined;
  scopes: readonly Scope[];
}

/** Shows the page; what is wrong with the request is told to the client only where that is safe. */
export async function askConsent(c: Context<AppEnv>): Promise<Response> {
  return await safely(async () => await shown(await wishOf(c)));
}

/** Takes the answer: a form of ours, from the browser that was shown it (see the library's consent helpers). */
export async function takeConsent(c: Context<AppEnv>): Promise<Response> {
  return await safely(async () => {
    const wish = await wishOf(c);
    const form = new URLSearchParams(await smallBody(c));
    const handle = form.get("handle") ?? "";
    const token = (form.get("token") ?? "").trim();
    if (form.get("decision") !== "approve") return await denied(wish, handle, token);
    const ticked = wish.scopes.filter((scope) => form.getAll("scope").includes(scope));
    const proof = await proved(wish, token);
    if (proof instanceof AppError) return await shown(wish, proof.message);
    const scopes = ticked.filter((scope) => proof.scopes.includes(scope));
    if (scopes.length > 0) return await approved(wish, handle, { proof, scopes });
    const why = `Tick something that your token allows: ${proof.scopes.join(", ")}`;
    return await shown(wish, ticked.length > 0 ? why : "Tick at least one thing that it may do");
  });
}

/** @throws {AuthorizationError} what is wrong with it */
async function wishOf(c: Context<AppEnv>): Promise<Wish> {
  const url = new URL(c.req.url);
  const asked = realmIn(url.searchParams.get("resource") ?? undefined);
  const { oauth } = authorizationServer({ env: c.env, origin: url.origin, realm: asked });
  const request = await oauth.parseAuthRequest(new Request(url));
  if (!request.codeChallenge) throw refusedTo(request, "PKCE is required: send a code_challenge");
  const known = request.scope.filter((scope) => Scope.safeParse(scope).success);
  const scopes = Scope.options.filter((scope) =>
    (known.length > 0 ? known : baseline).includes(scope),
  );
  return { c, oauth, request, realm: realmIn(request.resource), scopes };
}

async function shown(wish: Wish, problem?: string): Promise<Response> {
  const { c, oauth, request, realm, scopes } = wish;
  const { clientName, redirectHost, redirectIsLoopback } = await oauth.describeConsent(request);
  const { handle, headers } = await oauth.beginConsent(request);
  const response = await consentPage({
    clientName: plainName(clientName),
    clientDomain: domainOf(request.clientId),
    redirectHost,
    redirectIsLoopback,
    realm,
    defaultRealm: c.env.RKAT_DEFAULT_REALM,
    scopes,
    handle,
    problem,
  });
  for (const cookie of headers.getSetCookie()) response.headers.append("set-cookie", cookie);
  return response;
}

async function proved({ c, realm }: Wish, token: string): Promise<Voucher | AppError> {
  try {
    return await voucher(c.req.raw, c.env, { token, realm });
  } catch (cause) {
    const error = toAppError(cause);
    if (error.code === "INTERNAL_ERROR") throw cause;
    return error;
  }
}

async function approved(
  { c, oauth, request }: Wish,
  handle: string,
  { proof, scopes }: { proof: Voucher; scopes: Scope[] },
): Promise<Response> {
  const { request: agreed, headers } = await oauth.approveConsent(c.req.raw, handle, {
    scope: scopes,
  });
  // The page's address says what was shown; the form brings what was stored. Both must be one.
  if (JSON.stringify({ ...agreed, scope: [] }) !== JSON.stringify({ ...request, scope: [] })) {
    throw new AppError("INVALID_PARAMS", "The form belongs to another request");
  }
  const { realm, actor, parentId } = proof;
  const { clientName } = await oauth.describeConsent(agreed);
  const mark = await secretsMark(c.env, parentId === undefined ? "admin" : "token");
  const props: Vouched = { mark, clientName: plainName(clientName), parentId };
  const { redirectTo } = await oauth.completeAuthorization({
    request: agreed,
    userId: realm,
    metadata: null,
    scope: scopes,
    props,
    // Several people of a realm may use one client: nobody's signing in may end another's.
    revokeExistingGrants: false,
  });
  const ip = c.req.header("cf-connecting-ip") ?? null;
  const target = { client_id: agreed.clientId, scopes: scopes.join(" ") };
  await entered({ env: c.env, realm, actor, ip }, "oauth/consent", target);
  return await onwardPage(redirectTo, headers);
}

/** Only a denial of somebody known is a deed of the realm's. */
async function denied(wish: Wish, handle: string, token: string): Promise<Response> {
  const { c, oauth, request } = wish;
  const { redirectTo, headers } = await oauth.denyConsent(c.req.raw, handle);
  const proof = token === "" ? undefined : await proved(wish, token);
  if (proof && !(proof instanceof AppError)) {
    const { realm, actor } = proof;
    const ip = c.req.header("cf-connecting-ip") ?? null;
    await entered({ env: c.env, realm, actor, ip }, "oauth/deny", { client_id: request.clientId });
  }
  return await onwardPage(redirectTo, headers);
}

const MAX_NAME_CHARS = 64;

async function safely(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (cause) {
    if (cause instanceof Redirected) return Response.redirect(cause.target, 302);
    if (cause instanceof AuthorizationError) {
      const { redirectTo, description } = cause;
      return redirectTo ? Response.redirect(redirectTo, 302) : await problemPage(description);
    }
    const error = toAppError(cause);
    if (error.code === "INTERNAL_ERROR" || error.code === "RATE_LIMITED") throw cause;
    return await problemPage(error.message);
  }
}

/** A refusal that the client itself is told: its redirect address was checked before. */
class Redirected extends Error {
  readonly target: string;

  constructor(target: string) {
    super("refused");
    this.target = target;
  }
}

function refusedTo(request: AuthRequest, description: string): Redirected {
  return new Redirected(authorizationErrorRedirect(request, "invalid_request", description));
}

/** A name as one short line: nothing in it may look like the page's own words, or turn them around. */
function plainName(claimed: string): string {
  const line = claimed
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  const chars = Array.from(line);
  if (chars.length > MAX_NAME_CHARS) return `${chars.slice(0, MAX_NAME_CHARS).join("")}…`;
  return line || "A client";
}

function domainOf(clientId: string): string | undefined {
  return clientId.startsWith("https:") ? new URL(clientId).hostname : undefined;
}

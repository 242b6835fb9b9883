import {
  OAuthAuthorizationServer,
  type OAuthHelpers,
  type TokenExchangeCallbackOptions,
  type TokenExchangeCallbackResult,
} from "@cloudflare/workers-oauth-provider";
import { Scope } from "../../../sdk/contract/index.ts";
import { Records } from "./records.ts";
import { paths, resourceOf } from "./resource.ts";

const DAY_SECONDS = 86_400;
/** Of a client that registered itself; one that is still in use is renewed by the library. */
const REGISTRATION_SECONDS = 90 * DAY_SECONDS;

/** What a request of the dance is about. */
export interface Dance {
  env: Env;
  /** This deployment as its client names it: the issuer. */
  origin: string;
  /** The realm that the request is about, if it names one. */
  realm: string | undefined;
  /** Makes the token that the client gets; only the token endpoint needs it. */
  exchange?: (
    options: TokenExchangeCallbackOptions<LibraryEnv>,
  ) => Promise<TokenExchangeCallbackResult>;
  /** Told why the library refused something, in its own words. */
  onRefusal?: (reason: string) => void;
}

/** All that the library sees of our bindings. */
export interface LibraryEnv {
  OAUTH_KV: Records;
}

/** The library, made for one request: which realms there are is nobody's list, so neither are the resources. */
export function authorizationServer(dance: Dance): {
  /** Answers at the endpoints that are the library's own. */
  answer: (request: Request) => Promise<Response>;
  /** Helps with the consent page, which is ours. */
  oauth: OAuthHelpers;
} {
  const { env, origin, realm, exchange, onRefusal } = dance;
  const anywhere = resourceOf(origin, undefined);
  const server = new OAuthAuthorizationServer<LibraryEnv>({
    issuer: origin,
    resources: realm === undefined ? [anywhere] : [anywhere, resourceOf(origin, realm)],
    defaultResource: anywhere,
    authorizeEndpoint: origin + paths.authorize,
    tokenEndpoint: origin + paths.token,
    clientRegistrationEndpoint: origin + paths.register,
    clientRegistrationTTL: REGISTRATION_SECONDS,
    scopesSupported: [...Scope.options],
    ...(exchange ? { tokenExchangeCallback: exchange } : {}),
    onError: ({ internal }) => onRefusal?.(internal.reason),
  });
  const libraryEnv = { OAUTH_KV: new Records(env) };
  // The library takes a context for its resource servers, which are not used here.
  const noContext = {} as Parameters<typeof server.fetch>[2];
  return {
    answer: (request) => server.fetch(request, libraryEnv, noContext),
    oauth: server.getOAuthApi(libraryEnv),
  };
}

import ipaddr from "ipaddr.js";
import { AppError, credentialsFrom, type ProviderName } from "../../sdk/contract/index.ts";

/** Where a realm's config sends a model's calls, and how to speak there. */
export interface ModelServer {
  /** As the vendor's SDK wants it: with `/v1` for OpenAI's protocols. */
  baseUrl: string;
  apiStyle?: "chat_completions" | "responses";
  /** What the server calls the model, where a realm has given it a name of its own. */
  remoteModel?: string;
}

/**
 * Checks an address that a tenant named: the Worker must not be talked into calling what only the operator
 * may reach. Names are not looked up, so a name that leads inside is for the network to stop; redirects
 * are never followed.
 * @throws {AppError} `INVALID_PARAMS`
 */
export function checkUpstreamAddress(address: string, env: object): URL {
  if (!URL.canParse(address)) throw refused(address, "it is not a URL");
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") throw refused(url.host, "it carries a user");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refused(address, "not the web");
  if (allowsPrivate(env)) return url;
  if (url.protocol === "http:") throw refused(url.origin, "only https is allowed");
  if (isPrivate(url.hostname)) throw refused(url.origin, "it is a private address");
  return url;
}

/**
 * Whether the deployment's own key may go to an address that a tenant named. It may where whoever
 * configures the realm is the operator, and to the very server that the operator named.
 */
export function mayHaveKey(url: URL, provider: ProviderName, env: object): boolean {
  const { baseUrl } = credentialsFrom(env, provider);
  const isOperators = "RKAT_OPEN_ACCESS" in env && env.RKAT_OPEN_ACCESS === "loopback";
  return isOperators || (baseUrl !== undefined && new URL(baseUrl).origin === url.origin);
}

function allowsPrivate(env: object): boolean {
  return "RKAT_ALLOW_PRIVATE_UPSTREAMS" in env && env.RKAT_ALLOW_PRIVATE_UPSTREAMS === "1";
}

/** URL parsing has already turned every spelling of an IPv4 address into four decimal numbers. */
function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  // Loopback, private, link-local (where clouds keep their metadata), mapped, tunnelled: all but unicast.
  if (ipaddr.isValid(host)) return ipaddr.process(host).range() !== "unicast";
  return !host.includes(".") || /\.(localhost|local|internal|lan|home|corp|intranet)$/i.test(host);
}

function refused(address: string, reason: string): AppError {
  return new AppError("INVALID_PARAMS", `The address '${address}' cannot be called: ${reason}`, {
    allowed:
      "an https URL of a public host; with RKAT_ALLOW_PRIVATE_UPSTREAMS=1 also http and private hosts",
  });
}

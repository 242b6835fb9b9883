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

/** What the public internet routes as IPv6 lies in here; the rest is local, reserved, or hides an IPv4 address. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/** A public address in name only: inside Azure it is the host, and hands out secrets. */
const azureHost = "168.63.129.16";

const innerNames =
  /(^|\.)(localhost|localdomain|local|internal|intranet|private|lan|home|home\.arpa|corp|svc)$/i;

/** URL parsing has already turned every spelling of an IPv4 address into four decimal numbers. */
function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.+$/, "");
  if (ipaddr.isValid(host)) return isPrivateAddress(ipaddr.process(host));
  return !host.includes(".") || innerNames.test(host);
}

/** Loopback, private, link-local (where clouds keep their metadata), mapped, tunnelled: all but unicast. */
function isPrivateAddress(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast" || address.toString() === azureHost) return true;
  return address instanceof ipaddr.IPv6 && !address.match(globalUnicast);
}

function refused(address: string, reason: string): AppError {
  return new AppError("INVALID_PARAMS", `The address '${address}' cannot be called: ${reason}`, {
    allowed:
      "an https URL of a public host; with RKAT_ALLOW_PRIVATE_UPSTREAMS=1 also http and private hosts",
  });
}

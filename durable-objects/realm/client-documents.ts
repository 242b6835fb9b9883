import * as z from "zod";
import { AppError } from "../../sdk/contract/index.ts";
import { checkUpstreamAddress } from "../providers/upstream-address.ts";

const MAX_BYTES = 5 * 1_024;
const PATIENCE_MS = 5_000;
const KEPT_MS = 300_000;
const MOST_KEPT = 100;

const isJson = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

const text = z.string().max(2_048);

/** What we use of a client's metadata; whatever else it says is not for us. */
const Document = z.object({
  client_id: text,
  client_name: z.string().trim().min(1).max(256),
  redirect_uris: z.array(text).min(1).max(64),
  client_uri: text.optional(),
  grant_types: z.array(text).default(["authorization_code"]),
  response_types: z.array(text).default(["code"]),
  token_endpoint_auth_method: text.optional(),
  token_endpoint_auth_methods_supported: z.array(text).optional(),
});

/** A client as the OAuth library stores one. */
export interface StoredClient {
  clientId: string;
  clientName: string;
  redirectUris: string[];
  clientUri?: string | undefined;
  grantTypes: string[];
  responseTypes: string[];
  tokenEndpointAuthMethod: "none";
  authMethodExplicit: true;
}

/** Clients whose id is the address of their metadata: they are asked for it and not stored. */
export class ClientDocuments {
  readonly #env: Env;
  readonly #kept = new Map<string, { client: StoredClient; until: number }>();

  constructor(env: Env) {
    this.#env = env;
  }

  /**
   * The client of that id. Anybody can name an address, so it is called like any that a tenant names:
   * public ones only, and no redirect is followed.
   * @throws {AppError} `INVALID_PARAMS`, or `SERVICE_UNAVAILABLE` when the document cannot be had now
   */
  async find(clientId: string): Promise<StoredClient> {
    const known = this.#kept.get(clientId);
    if (known && Date.now() < known.until) return known.client;
    const client = read(clientId, await fetched(addressOf(clientId, this.#env)));
    this.#kept.delete(clientId);
    this.#kept.set(clientId, { client, until: Date.now() + KEPT_MS });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return client;
  }
}

function addressOf(clientId: string, env: Env): URL {
  const url = checkUpstreamAddress(clientId, env);
  // Another spelling of the same address would be another client of the same name.
  const { href, protocol, pathname, hash } = url;
  const isPlain = href === clientId && protocol === "https:" && pathname !== "/" && hash === "";
  if (!isPlain) throw invalid(clientId, "it must be a plain https URL with a path");
  return url;
}

async function fetched(url: URL): Promise<unknown> {
  const response = await answered(url);
  if (response.status !== 200) {
    await response.body?.cancel();
    const message = `The client's metadata at ${url.host} answered with ${response.status}`;
    const isTheirs = response.status >= 500 || response.status === 429;
    throw new AppError(isTheirs ? "SERVICE_UNAVAILABLE" : "INVALID_PARAMS", message);
  }
  // What somebody has uploaded to a host comes as text or for download, and must not speak for the host.
  if (!isJson.test(response.headers.get("content-type") ?? "")) {
    throw invalid(url.href, "it must be served as application/json");
  }
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    throw invalid(url.href, "it is not JSON");
  }
}

/** The whole answer, up to the limit. */
async function answered(url: URL): Promise<Response> {
  try {
    const response = await fetch(url.href, {
      headers: { accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_BYTES) throw invalid(url.href, `it is larger than ${MAX_BYTES} bytes`);
      chunks.push(chunk as Uint8Array<ArrayBuffer>);
    }
    const headers = { "content-type": response.headers.get("content-type") ?? "" };
    return new Response(new Blob(chunks), { status: statusOf(response), headers });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    console.info("a client's metadata could not be had", url.host, cause);
    const message = `The client's metadata at ${url.host} could not be had: try again`;
    throw new AppError("SERVICE_UNAVAILABLE", message);
  }
}

/** A redirect is an answer that nobody follows. */
function statusOf({ status }: Response): number {
  return status >= 200 && status < 600 && ![204, 205, 304].includes(status) ? status : 404;
}

function read(clientId: string, value: unknown): StoredClient {
  const document = Document.safeParse(value);
  if (!document.success) {
    const [issue] = document.error.issues;
    throw invalid(clientId, `${issue?.path.join(".")}: ${issue?.message}`);
  }
  const {
    client_id,
    client_name,
    redirect_uris,
    client_uri,
    grant_types,
    response_types,
    ...auth
  } = document.data;
  if (client_id !== clientId) throw invalid(clientId, "its client_id is another");
  const { token_endpoint_auth_method: one, token_endpoint_auth_methods_supported: some } = auth;
  if (!(some ?? [one ?? "none"]).includes("none")) {
    throw invalid(clientId, "it must allow the token_endpoint_auth_method none, with PKCE");
  }
  return {
    clientId,
    clientName: client_name,
    redirectUris: redirect_uris,
    clientUri: client_uri,
    grantTypes: grant_types.filter((type) => /^(authorization_code|refresh_token)$/.test(type)),
    responseTypes: response_types,
    tokenEndpointAuthMethod: "none",
    authMethodExplicit: true,
  };
}

function invalid(clientId: string, why: string): AppError {
  const message = `The client's metadata at '${clientId}' cannot be used: ${why}`;
  return new AppError("INVALID_PARAMS", message);
}

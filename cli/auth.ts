import { KeyedProvider } from "../sdk/contract/provider-credentials.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { print, printJson } from "./print.ts";
import { readSecret } from "./secret-input.ts";
import { UsageError } from "./usage-error.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat auth set`. */
export interface AuthSetFlags extends GlobalFlags {
  fromEnv?: string;
  baseUrl?: string;
}

/** The flags of the commands that tell something. */
export interface AuthTestFlags extends GlobalFlags {
  json?: boolean;
}

/** Stores a key in place of any before. */
export async function setKey(
  name: string,
  { fromEnv, baseUrl, ...flags }: AuthSetFlags,
): Promise<number> {
  const provider = checkedProvider(name);
  const apiKey = await readSecret(`key for ${provider}`, fromEnv);
  return await withClient(flags, async ({ client }) => {
    const { last4, keyId } = await client.credentials.set(provider, { apiKey, baseUrl });
    const end = last4 === undefined ? "" : ` (…${last4})`;
    print(`stored the key for ${provider}${end}, sealed with '${keyId}'`);
    return exitCodes.ok;
  });
}

/** Prints what is known of the stored keys, or of every provider's. */
export async function listKeys(
  what: "list" | "status",
  { json, ...flags }: AuthTestFlags,
): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const { credentials, sources } = await client.call("credentials/list", {});
    const shown = what === "list" ? credentials : sources;
    if (json) printJson(shown);
    else if (what === "status") {
      for (const { provider, source } of sources) {
        print(`${provider.padEnd(12)} ${meanings[source]}`);
      }
    } else {
      for (const { provider, last4 = "", created_at, key_id, base_url = "" } of credentials) {
        const set = new Date(created_at * 1_000).toISOString().slice(0, 10);
        const line = [provider.padEnd(12), `…${last4}`.padEnd(6), set, key_id, base_url];
        print(line.join(" ").trimEnd());
      }
    }
    return exitCodes.ok;
  });
}

const meanings = {
  realm: "the realm's own key",
  config: "the key in the realm's config",
  deployment: "the server's key",
  none: "no key",
} as const;

/** Asks the vendor; a key that is not taken is a failure to the shell, too. */
export async function testKey(name: string, { json, ...flags }: AuthTestFlags): Promise<number> {
  const provider = checkedProvider(name);
  return await withClient(flags, async ({ client }) => {
    const result = await client.call("credentials/test", { provider });
    const { ok, source, latency_ms: latency, error = "" } = result;
    const said = ok ? `ok, ${latency} ms, ${meanings[source]}` : error;
    if (json) printJson(result);
    else print(said);
    return ok ? exitCodes.ok : exitCodes.error;
  });
}

/** Forgets a key. */
export async function deleteKey(name: string, flags: GlobalFlags): Promise<number> {
  const provider = checkedProvider(name);
  return await withClient(flags, async ({ client }) => {
    const { deleted } = await client.credentials.delete(provider);
    const told = deleted ? `deleted the key for ${provider}` : `there was no key for ${provider}`;
    print(told);
    return exitCodes.ok;
  });
}

/** Seals all keys anew. */
export async function rotateKeys(flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const { rotated, keyId } = await client.credentials.rotate();
    print(`sealed ${rotated} ${rotated === 1 ? "key" : "keys"} anew with '${keyId}'`);
    return exitCodes.ok;
  });
}

/** Told before a key is asked for. */
function checkedProvider(name: string): KeyedProvider {
  const found = KeyedProvider.safeParse(name);
  if (found.success) return found.data;
  throw new UsageError(`'${name}' takes no key: choose ${KeyedProvider.options.join(", ")}`);
}

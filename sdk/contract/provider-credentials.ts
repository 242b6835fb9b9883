import * as z from "zod";
import { address, ApiKey } from "./models-config.ts";
import { defineOperation } from "./operation.ts";
import { ProviderName } from "./run.ts";

/** The vendors that take a key. */
export const KeyedProvider = ProviderName.exclude(["demo"]);
export type KeyedProvider = z.infer<typeof KeyedProvider>;

/** What is told of a stored key: never the key itself. Times are Unix seconds. */
export const Credential = z.object({
  provider: KeyedProvider,
  /** Which of the deployment's secrets it is sealed with. */
  key_id: z.string(),
  /** The key's last four characters, if it is long enough to keep the rest to itself. */
  last4: z.string().optional(),
  base_url: z.string().optional(),
  /** When this value was set. */
  created_at: z.int(),
  /** When it was last sealed anew with another of the deployment's secrets. */
  rotated_at: z.int().nullable(),
  last_tested_at: z.int().nullable(),
});
export type Credential = z.infer<typeof Credential>;

/** Where a vendor's key comes from, in the order they are tried. */
const KeySource = z.enum(["realm", "config", "deployment", "none"]);
export type KeySource = z.infer<typeof KeySource>;

/** The realm's keys, and for each vendor which key a turn would use. */
export const CredentialList = z.object({
  credentials: z.array(Credential),
  sources: z.array(z.object({ provider: KeyedProvider, source: KeySource })),
});
export type CredentialList = z.infer<typeof CredentialList>;

/** What a vendor says to a key. */
export const CredentialTest = z.object({
  provider: KeyedProvider,
  ok: z.boolean(),
  source: KeySource,
  /** The vendor's HTTP status; null if it could not be reached. */
  status: z.int().nullable(),
  latency_ms: z.int(),
  error: z.string().optional(),
});
export type CredentialTest = z.infer<typeof CredentialTest>;

const provider = z.object({ provider: KeyedProvider });

/**
 * Operations on the realm's own provider keys. None of them is offered to models: a key must never pass
 * through one. Keys can be written and never read.
 */
export const credentialOperations = {
  "credentials/list": defineOperation({
    summary:
      "List the realm's provider keys, without the keys, and where each vendor's key comes from",
    http: ["GET", "/credentials"],
    scope: "admin",
    input: z.object({}),
    output: CredentialList,
  }),
  "credentials/set": defineOperation({
    summary: "Store the realm's own key for a provider, sealed, in place of any before",
    http: ["PUT", "/credentials/:provider"],
    scope: "admin",
    // A key in an address would end up in logs: only the body counts.
    query: { schema: z.object({}), read: () => ({}) },
    input: provider.extend({ api_key: ApiKey, base_url: address.nullish() }),
    output: Credential,
  }),
  "credentials/delete": defineOperation({
    summary: "Forget the realm's own key for a provider",
    http: ["DELETE", "/credentials/:provider"],
    scope: "admin",
    input: provider,
    output: z.object({ provider: KeyedProvider, deleted: z.boolean() }),
  }),
  "credentials/test": defineOperation({
    summary: "Ask the vendor whether it takes the key that the realm's turns would use",
    http: ["POST", "/credentials/:provider/test"],
    scope: "admin",
    input: provider,
    output: CredentialTest,
  }),
  "credentials/rotate": defineOperation({
    summary: "Seal the realm's keys anew with the first of the deployment's secrets",
    http: ["POST", "/credentials/rotate"],
    scope: "admin",
    input: z.object({}),
    output: z.object({ key_id: z.string(), rotated: z.int() }),
  }),
};

import type { Handlers } from "../call.ts";
import { realmOf } from "../session-address.ts";

export const credentialHandlers = {
  "credentials/list": async (_input, caller) => realmOf(caller).credentials.list(),

  "credentials/set": async ({ provider, api_key: key, base_url: baseUrl }, caller) =>
    realmOf(caller).credentials.set(provider, key, baseUrl ?? null),

  "credentials/delete": async ({ provider }, caller) =>
    realmOf(caller).credentials.delete(provider),

  "credentials/test": async ({ provider }, caller) => realmOf(caller).credentials.test(provider),

  "credentials/rotate": async (_input, caller) => realmOf(caller).credentials.rotate(),
} satisfies Partial<Handlers>;

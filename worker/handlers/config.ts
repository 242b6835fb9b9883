import type { Handlers } from "../call.ts";
import { realmStub } from "../session-address.ts";

export const configHandlers = {
  "config/get": async (_input, caller) => realmStub(caller).config(caller.realm),

  "config/set": async ({ config, expected_generation: expected }, caller) =>
    realmStub(caller).setConfig(caller.realm, config, expected ?? undefined),

  "config/patch": async ({ patch, expected_generation: expected }, caller) =>
    realmStub(caller).patchConfig(caller.realm, patch, expected ?? undefined),
} satisfies Partial<Handlers>;

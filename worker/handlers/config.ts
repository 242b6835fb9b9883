import type { Handlers } from "../call.ts";
import { realmOf } from "../session-address.ts";

export const configHandlers = {
  "config/get": async (_input, caller) => realmOf(caller).config.read(),

  "config/set": async ({ config, expected_generation: expected }, caller) =>
    realmOf(caller).config.set(config, expected ?? undefined),

  "config/patch": async ({ patch, expected_generation: expected }, caller) =>
    realmOf(caller).config.patch(patch, expected ?? undefined),
} satisfies Partial<Handlers>;

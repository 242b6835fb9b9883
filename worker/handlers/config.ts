import { checkConfigSize } from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { realmOf } from "../session-address.ts";

export const configHandlers = {
  "config/get": async (_input, caller) => realmOf(caller).config.read(),

  "config/set": async ({ config, expected_generation: expected }, caller) => {
    checkConfigSize(config);
    return realmOf(caller).config.set(config, expected ?? undefined, caller.actor);
  },

  "config/patch": async ({ patch, expected_generation: expected }, caller) => {
    checkConfigSize(patch);
    return realmOf(caller).config.patch(patch, expected ?? undefined, caller.actor);
  },

  "config/history": async (choice, caller) => realmOf(caller).config.history(choice),

  "config/restore": async ({ generation, expected_generation: expected }, caller) =>
    realmOf(caller).config.restore(generation, expected ?? undefined, caller.actor),
} satisfies Partial<Handlers>;

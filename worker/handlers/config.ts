import { checkConfigSize, type ConfigEnvelope } from "../../sdk/contract/index.ts";
import type { Caller, Handlers } from "../call.ts";
import { realmOf } from "../session-address.ts";

export const configHandlers = {
  "config/get": async (_input, caller) => shownTo(caller, await realmOf(caller).config.read()),

  "config/set": async ({ config, expected_generation: expected }, caller) => {
    checkConfigSize(config);
    const { config: realm } = realmOf(caller);
    return shownTo(caller, await realm.set(config, expected ?? undefined, caller.actor));
  },

  "config/patch": async ({ patch, expected_generation: expected }, caller) => {
    checkConfigSize(patch);
    const { config } = realmOf(caller);
    return shownTo(caller, await config.patch(patch, expected ?? undefined, caller.actor));
  },

  "config/history": async (choice, caller) => realmOf(caller).config.history(choice),

  "config/restore": async ({ generation, expected_generation: expected }, caller) =>
    shownTo(
      caller,
      await realmOf(caller).config.restore(generation, expected ?? undefined, caller.actor),
    ),
} satisfies Partial<Handlers>;

/** A caller that has a name sees its own in place of the one that the realm was created under. */
function shownTo({ instance }: Caller, envelope: ConfigEnvelope): ConfigEnvelope {
  return { ...envelope, instance_id: instance ?? envelope.instance_id };
}

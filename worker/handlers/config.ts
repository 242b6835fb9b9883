import type { ConfigEnvelope } from "../../sdk/contract/index.ts";
import type { Caller, Handlers } from "../call.ts";
import { realmOf } from "../session-address.ts";

export const configHandlers = {
  "config/get": async (_input, caller) => shownTo(caller, await realmOf(caller).config.read()),

  "config/set": async ({ config, expected_generation: expected }, caller) =>
    shownTo(caller, await realmOf(caller).config.set(config, expected ?? undefined)),

  "config/patch": async ({ patch, expected_generation: expected }, caller) =>
    shownTo(caller, await realmOf(caller).config.patch(patch, expected ?? undefined)),
} satisfies Partial<Handlers>;

/** A caller that has a name sees its own in place of the one that the realm was created under. */
function shownTo({ instance }: Caller, envelope: ConfigEnvelope): ConfigEnvelope {
  return { ...envelope, instance_id: instance ?? envelope.instance_id };
}

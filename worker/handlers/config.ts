import type { Handlers } from "../call.ts";
import { realmStub } from "../session-address.ts";

export const configHandlers = {
  "config/get": async (_input, caller) => realmStub(caller).config(caller.realm),
} satisfies Partial<Handlers>;

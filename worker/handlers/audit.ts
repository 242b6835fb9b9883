import type { Handlers } from "../call.ts";
import { realmOf } from "../session-address.ts";

export const auditHandlers = {
  "audit/list": async (choice, caller) => realmOf(caller).audit.list(choice),

  "audit/verify": async (_input, caller) => realmOf(caller).audit.verify(),
} satisfies Partial<Handlers>;

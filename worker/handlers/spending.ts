import type { Handlers } from "../call.ts";
import { realmOf } from "../session-address.ts";

export const spendingHandlers = {
  "usage/read": (query, caller) => realmOf(caller).usage.read(query),
} satisfies Partial<Handlers>;

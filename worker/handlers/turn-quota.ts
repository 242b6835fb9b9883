import type { Quota } from "../../sdk/contract/index.ts";
import type { Caller } from "../call.ts";

/** What goes along with a turn whose starter may start only so many, clients that it vouched for included. */
export function turnQuota({ actor, voucher, confines }: Caller): { quota?: Quota } {
  return confines?.limits ? { quota: { ...confines.limits, holder: voucher ?? actor } } : {};
}

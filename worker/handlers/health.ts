import { REGISTRY_REALM, type RuntimeHealth } from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { deploymentHealth } from "../deployment-health.ts";
import { measured, probe, unreadable } from "../probe.ts";
import { realmHealth } from "../realm-health.ts";
import { realmOf } from "../session-address.ts";

export const healthHandlers = {
  "runtime/health": async (_input, caller): Promise<RuntimeHealth> => {
    const { env, reach } = caller;
    const list = () => realmOf({ env, realm: REGISTRY_REALM }).registry.list("", 1);
    // The list of realms is the operator's affair, and no tenant's.
    const asked = reach === "deployment" ? [probe(list)] : [];
    const [realm, ...lists] = await Promise.all([
      probe(() => realmOf(caller).health.read()),
      ...asked,
    ]);
    const dimensions = [
      ...deploymentHealth(env),
      ...lists.map((probed) =>
        "unreadable" in probed
          ? unreadable("realm_list", "deployment", probed.unreadable)
          : measured("realm_list", "deployment", { value: probed.tookMs, unit: "ms" }),
      ),
      ...realmHealth(env, realm),
    ];
    const isWrong = dimensions.some(({ state, ok }) => state === "unreadable" || ok === false);
    return { status: isWrong ? "degraded" : "ok", dimensions };
  },
} satisfies Partial<Handlers>;

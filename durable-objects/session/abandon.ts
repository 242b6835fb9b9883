import { providerFor } from "../providers/index.ts";
import type { Access } from "../providers/realm-keys.ts";
import { modelInUse } from "./fallback.ts";
import type { RunState } from "./state.ts";

/** Stops the call that a run leaves behind. A failure costs money at worst: it is logged, never told. */
export async function abandon(run: RunState, access: () => Promise<Access>): Promise<void> {
  if (!run.upstream) return;
  try {
    const { provider, own } = modelInUse(run);
    await providerFor(provider, await access(), own?.server).cancel?.(run.upstream);
  } catch (cause) {
    console.error(`the call of run ${run.runId} could not be cancelled`, cause);
  }
}

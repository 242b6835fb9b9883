import { providerFor } from "../providers/index.ts";
import type { RunState } from "./state.ts";

/** Stops the call that a run leaves behind. A failure costs money at worst: it is logged, never told. */
export async function abandon({ runId, settings, upstream }: RunState, env: object): Promise<void> {
  if (!upstream) return;
  try {
    await providerFor(settings.provider, env).cancel?.(upstream);
  } catch (cause) {
    console.error(`the call of run ${runId} could not be cancelled`, cause);
  }
}

import type { TurnRequest } from "./admission.ts";
import type { SessionCore } from "./core.ts";
import type { Forked, ForkRequest } from "./fork.ts";
import type { Admitted, CreateRequest } from "./intake.ts";
import { present } from "./view.ts";

/** What a session will be called. */
interface SessionIds {
  realmId: string;
  sessionId: string;
}

/**
 * Creates the session and starts its first turn if there is one. The core is held on to: the session
 * may be erased meanwhile, and must not come back by a request that began before.
 */
export async function create(
  core: SessionCore,
  ids: SessionIds,
  request: CreateRequest,
): Promise<Admitted> {
  const realm = await core.join(ids.realmId, ids.sessionId);
  const admitted = await core.intake.create(ids, request, realm);
  if (!admitted.isRepeat) core.runs.begin();
  await core.tellRealm();
  return admitted;
}

/** Makes the session out of another one. */
export async function fork(
  core: SessionCore,
  ids: SessionIds,
  request: ForkRequest,
): Promise<Forked> {
  await core.join(ids.realmId, ids.sessionId);
  return core.told(core.fork.begin(ids, request));
}

/** Starts a turn, lets it wait, or lets it join the running one. */
export async function startTurn(core: SessionCore, request: TurnRequest): Promise<Admitted> {
  const realm = await core.realmInUse(present(core.journal).identity.realmId);
  const admitted = await core.intake.startTurn(request, realm);
  if (!admitted.isRepeat) core.runs.begin();
  return admitted;
}

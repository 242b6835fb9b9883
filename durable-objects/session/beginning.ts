import type { TurnRequest } from "./admission.ts";
import type { SessionCore } from "./core.ts";
import type { Forked, ForkRequest } from "./fork.ts";
import type { Admitted, CreateRequest } from "./intake.ts";
import type { SessionIds } from "./realm-link.ts";
import { RequestKeys } from "./request-keys.ts";
import { present } from "./view.ts";

/**
 * Creates the session and starts its first turn if there is one. The core is held on to: the session
 * may be erased meanwhile, and must not come back by a request that began before.
 */
export async function create(
  core: SessionCore,
  ids: SessionIds,
  request: CreateRequest,
): Promise<Admitted> {
  const realm = await core.realm.join(ids);
  const begins = request.run_id && !core.journal.session;
  const leave = { config: realm.config, quota: request.quota };
  const make = () => core.intake.create(ids, request, realm);
  const admitted = await (begins ? core.realm.permitted(ids, leave, make) : make());
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
  await core.realm.join(ids);
  return core.told(core.fork.begin(ids, request));
}

/** Starts a turn, lets it wait, or lets it join the running one. */
export async function startTurn(core: SessionCore, request: TurnRequest): Promise<Admitted> {
  const { identity } = present(core.journal);
  const realm = await core.realm.inUse(identity.realmId);
  const leave = { config: realm.config, quota: request.quota };
  const start = () => core.intake.startTurn(request, realm);
  const begins = wouldBegin(core, request);
  const admitted = await (begins ? core.realm.permitted(identity, leave, start) : start());
  if (!admitted.isRepeat) core.runs.begin();
  return admitted;
}

/** Whether a request begins a turn now, instead of waiting, joining, or meeting itself again. */
function wouldBegin({ journal, queue, storage }: SessionCore, request: TurnRequest): boolean {
  if (present(journal).state.run || !queue.isEmpty) return false;
  return !new RequestKeys(storage.intake).knows(request);
}

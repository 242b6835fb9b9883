import type { SessionCore } from "./core.ts";
import type { Erasure } from "./directory.ts";
import { cancelled } from "./outcome.ts";

/**
 * Ends what runs and waits, and deletes all that is stored, in one synchronous step; the core must not
 * be used afterwards. With `saw`, a version of the directory's, only a session at rest that stands
 * there still. @returns whether it is gone by now, and what became of it, once the last report is over
 */
export function erase(
  { storage }: DurableObjectState,
  core: SessionCore,
  saw: number | undefined,
): { isGone: boolean; erasure: Promise<Erasure> } {
  const { session } = core.journal;
  if (saw !== undefined && session) {
    const isAtRest = session.state.run === undefined && core.queue.isEmpty;
    const row = core.directory.row();
    if (!isAtRest || row?.version !== saw) {
      return { isGone: false, erasure: Promise.resolve({ outcome: "kept", row }) };
    }
  }
  // The realm takes the row away itself; a report would bring it back.
  const silent = core.directory.silence();
  if (session) {
    core.endWaiting(() => true, cancelled);
    core.runs.interrupt();
    core.feed.end();
  }
  const deleted = [storage.deleteAlarm(), storage.deleteAll()];
  core.journal.close();
  const outcome = session ? "erased" : "nothing";
  return { isGone: true, erasure: Promise.all([silent, ...deleted]).then(() => ({ outcome })) };
}

/** How many tables and alarms the object has stored. The platform's own tables hold nothing of a session. */
export async function stored(storage: DurableObjectStorage): Promise<number> {
  const alarm = await storage.getAlarm();
  const { tables } = storage.sql
    .exec<{ tables: number }>(
      `SELECT count(*) AS tables FROM sqlite_master
       WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`,
    )
    .one();
  return tables + (alarm === null ? 0 : 1);
}

import type { SessionCore } from "./core.ts";
import { cancelled } from "./outcome.ts";

/**
 * Ends what runs and waits, and deletes all that is stored, in one synchronous step; the core must not
 * be used afterwards. With `saw`, a version of the directory's, only a session at rest that stands
 * there still. @returns nothing if the session stays, else what there was, once the last report is over
 */
export function erase(
  { storage }: DurableObjectState,
  core: SessionCore,
  saw: number | undefined,
): Promise<"erased" | "nothing"> | undefined {
  const { session } = core.journal;
  if (saw !== undefined && session) {
    const isAtRest = session.state.run === undefined && core.queue.isEmpty;
    if (!isAtRest || core.directory.row()?.version !== saw) return undefined;
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
  return Promise.all([silent, ...deleted]).then(() => (session ? "erased" : "nothing"));
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

import { DatabaseSync } from "node:sqlite";

/** A lock that the operating system drops when its process dies, however it dies. */
export interface FileLock {
  release(): void;
}

/** SQLite's `SQLITE_BUSY`: another process holds a lock that excludes ours. */
const BUSY = 5;

/** Takes a file for one holder, or says at once that it is taken. */
export function tryExclusiveLock(path: string): FileLock | undefined {
  return tryLock(path, "BEGIN EXCLUSIVE");
}

/** Takes a file together with other sharers, unless someone has it exclusively. */
export function trySharedLock(path: string): FileLock | undefined {
  // A read inside a transaction keeps SQLite's shared lock until the transaction ends.
  return tryLock(path, "BEGIN; SELECT count(*) FROM sqlite_master");
}

// SQLite is the only portable way from Node to fcntl locks, which no crash can leave behind.
function tryLock(path: string, sql: string): FileLock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec(sql);
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === BUSY) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

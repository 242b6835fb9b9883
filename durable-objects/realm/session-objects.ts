import type { Erasure, Standing } from "../session/directory.ts";

/** A session as its realm asks it; the session's own object in production. */
export interface ListedSession {
  /** Leaves nothing of it; with the directory's version, only if it stands there still. */
  erase(saw?: number): Promise<Erasure>;
  standing(): Promise<Standing>;
}

/** The realm's sessions by their ids. */
export type SessionObjects = (sessionId: string) => ListedSession;

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The files of one embedded server: its objects, its locks, and the note that says who serves. */
export interface StateRoot {
  path: string;
  /** Where the runtime keeps the Durable Objects' SQLite files. */
  objects: string;
  /** Says which runtime process writes to them. */
  runtimeNote: string;
  /** Locked exclusively by the process that serves. */
  serverLock: string;
  /** Locked, shared, by every command that joined a server. */
  guestLock: string;
}

/** What a joiner needs to know about the process that serves a state root. */
export interface ServerNote {
  pid: number;
  url: string;
  started_at: string;
}

/** Opens (and makes) the folder that holds realms: the one given, else the user's own. */
export function openStateRoot(given: string | undefined): StateRoot {
  const path = resolve(given ?? process.env["RKAT_STATE_ROOT"] ?? defaultStateRoot());
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return {
    path,
    objects: join(path, "objects"),
    runtimeNote: join(path, "runtime.txt"),
    serverLock: join(path, "lock.sqlite"),
    guestLock: join(path, "guests.sqlite"),
  };
}

/** Tells joiners where the server is. Renamed into place, so that nobody reads half of it. */
export function writeServerNote({ path }: StateRoot, note: ServerNote): void {
  const draft = join(path, `server.json.${note.pid}`);
  writeFileSync(draft, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  renameSync(draft, join(path, "server.json"));
}

/** Takes the note away: a server that stopped must not be looked for. */
export function removeServerNote({ path }: StateRoot): void {
  rmSync(join(path, "server.json"), { force: true });
}

/** Reads who serves; nothing when nobody does or the server is still starting. */
export function readServerNote({ path }: StateRoot): ServerNote | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(join(path, "server.json"), "utf8"));
    return isServerNote(note) ? note : undefined;
  } catch {
    return undefined;
  }
}

function defaultStateRoot(): string {
  return join(process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "rkat");
}

function isServerNote(note: unknown): note is ServerNote {
  return (
    typeof note === "object" &&
    note !== null &&
    "pid" in note &&
    typeof note.pid === "number" &&
    "url" in note &&
    typeof note.url === "string"
  );
}

import { setTimeout as delay } from "node:timers/promises";
import type { ServerIdentity } from "./bindings.ts";
import { tryExclusiveLock, trySharedLock } from "./file-lock.ts";
import { startLocked } from "./server.ts";
import { readServerNote, type StateRoot } from "./state-root.ts";

/** A server on this machine that a command may use until it lets go. */
interface EmbeddedSession {
  url: string;
  /** Whether it runs in this process. */
  isHost: boolean;
  release(): Promise<void>;
}

const POLL_MS = 50;
/** A cold start takes about a second; a machine under load may need many. */
const PATIENCE_MS = 30_000;

/** The state root's server: the one that runs, else one that lives as long as this command. */
export async function joinOrStart(
  root: StateRoot,
  identity: ServerIdentity,
): Promise<EmbeddedSession> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    // Lock first: while nobody holds it, a note that is left over means nothing.
    const session = (await start(root, identity)) ?? (await joinRunning(root));
    if (session) return session;
    await delay(POLL_MS);
  }
  const pid = readServerNote(root)?.pid;
  throw new Error(
    `${root.path} is held by ${pid ? `process ${pid}` : "a process"} that does not answer; stop it and try again`,
  );
}

/** The state root's server, if one runs. */
export async function joinRunning(root: StateRoot): Promise<EmbeddedSession | undefined> {
  const note = readServerNote(root);
  if (!note) return undefined;
  // Taken before asking: once held, a server that ends with its own command waits for us.
  const guest = trySharedLock(root.guestLock);
  if (!guest) return undefined;
  if (await answers(note.url)) {
    return { url: note.url, isHost: false, release: async () => guest.release() };
  }
  guest.release();
  return undefined;
}

async function start(
  root: StateRoot,
  identity: ServerIdentity,
): Promise<EmbeddedSession | undefined> {
  const lock = tryExclusiveLock(root.serverLock);
  if (!lock) return undefined;
  const server = await startLocked(root, lock, {
    ...identity,
    host: "127.0.0.1",
    port: 0,
    logs: "problems",
  });
  const release = async () => {
    const alone = await waitForGuests(root);
    await server.stop();
    alone.release();
  };
  return { url: server.url, isHost: true, release };
}

/** Other commands may have joined this one's server: their turns end before it does. */
async function waitForGuests(root: StateRoot) {
  for (let told = false; ; told = true) {
    const alone = tryExclusiveLock(root.guestLock);
    if (alone) return alone;
    if (!told) process.stderr.write("Other rkat commands use this server; waiting for them.\n");
    await delay(POLL_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}

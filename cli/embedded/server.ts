import { isIPv6 } from "node:net";
import { isLoopback, type ServerIdentity, workerBindings } from "./bindings.ts";
import { credentialsKey } from "./credentials-key.ts";
import { type FileLock, tryExclusiveLock } from "./file-lock.ts";
import { type RuntimeOptions, startRuntime } from "./runtime.ts";
import { readServerNote, removeServerNote, type StateRoot, writeServerNote } from "./state-root.ts";

/** A server that runs inside this process. */
export interface EmbeddedServer {
  /** Where a client on this machine finds it. */
  url: string;
  stop(): Promise<void>;
}

/** Where a server listens, and whom it serves by default. */
export interface ServeOptions extends ServerIdentity {
  host: string;
  port: number;
  logs: RuntimeOptions["logs"];
}

/** Serves a state root, which no other process may be serving: nothing else guards its files. */
export async function startServer(root: StateRoot, options: ServeOptions): Promise<EmbeddedServer> {
  refuseOpenNetwork(options.host);
  const lock = tryExclusiveLock(root.serverLock);
  if (lock === undefined) throw new Error(takenMessage(root));
  return await startLocked(root, lock, options);
}

/** Serves a state root whose lock this process already holds, and gives the lock back at the end. */
export async function startLocked(
  root: StateRoot,
  lock: FileLock,
  options: ServeOptions,
): Promise<EmbeddedServer> {
  const { host, port, logs } = options;
  // Whoever wrote it is gone, or we would not hold the lock.
  removeServerNote(root);
  try {
    const bindings = workerBindings(options, host);
    bindings["RKAT_CREDENTIALS_KEY"] ??= credentialsKey(root);
    const runtime = await startRuntime({ host, port, root, bindings, logs });
    const url = localUrl(host, runtime.port);
    writeServerNote(root, { pid: process.pid, url, started_at: new Date().toISOString() });
    const stop = async () => {
      removeServerNote(root);
      await runtime.stop();
      lock.release();
    };
    return { url, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function refuseOpenNetwork(host: string): void {
  if (isLoopback(host) || process.env["RKAT_ADMIN_TOKEN"]) return;
  throw new Error(
    `refusing to listen on ${host} without RKAT_ADMIN_TOKEN: anybody on the network could run turns on your keys`,
  );
}

function takenMessage(root: StateRoot): string {
  const note = readServerNote(root);
  const holder = note
    ? `rkat process ${note.pid} at ${note.url}`
    : "an rkat process that is starting";
  return `${root.path} is already served by ${holder}; stop it first, or choose another --state-root`;
}

/** A wildcard address is where to listen, not where to connect. */
function localUrl(host: string, port: number): string {
  if (host === "0.0.0.0") return `http://127.0.0.1:${port}`;
  if (host === "::") return `http://[::1]:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

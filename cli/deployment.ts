import { joinOrStart } from "./embedded/join.ts";
import { openStateRoot } from "./embedded/state-root.ts";
import { defaultRealm, type GlobalFlags, instanceFlags, requestedRealm } from "./global-flags.ts";

/** The server that a command talks to, and as whom. */
export interface Deployment {
  url: string;
  token: string | undefined;
  /** Absent: the one that the deployment gives to callers who name none. */
  realm: string | undefined;
  /** On this machine: run by another process that may go, or by this one. */
  place: "remote" | "joined" | "hosted";
  release: () => Promise<void>;
}

/** Finds the server: the one that RKAT_URL names, else the embedded one of the state root. */
export async function openDeployment(flags: GlobalFlags): Promise<Deployment> {
  const url = process.env["RKAT_URL"];
  const token = process.env["RKAT_TOKEN"] || undefined;
  const requested = await requestedRealm(flags);
  if (url) return { url, token, realm: requested, place: "remote", release: async () => undefined };

  const realm = requested ?? defaultRealm(flags);
  const root = openStateRoot(flags.stateRoot);
  const server = await joinOrStart(root, { realm, ...instanceFlags(flags) });
  // The embedded server's own token: never sent to a URL that somebody else may run.
  const own = process.env["RKAT_ADMIN_TOKEN"] || token;
  const place = server.isHost ? "hosted" : "joined";
  return { url: server.url, token: own, realm, place, release: () => server.release() };
}

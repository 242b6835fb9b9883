import { defaultRealm, type GlobalFlags, instanceFlags, requestedRealm } from "./global-flags.ts";
import { chosenProfile } from "./profiles.ts";

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

/** Finds the server: one elsewhere, if the user named one, else the embedded one of the state root. */
export async function openDeployment(flags: GlobalFlags): Promise<Deployment> {
  const remote = await remoteDeployment(flags);
  if (remote) return remote;
  // Loaded only where it is needed: a whole runtime hangs on it.
  const { joinOrStart } = await import("./embedded/join.ts");
  const { openStateRoot } = await import("./embedded/state-root.ts");
  const realm = (await requestedRealm(flags)) ?? defaultRealm(flags);
  const identity = { realm, ...instanceFlags(flags) };
  const server = await joinOrStart(openStateRoot(flags.stateRoot), identity);
  const place = server.isHost ? "hosted" : "joined";
  return { url: server.url, token: ownToken(), realm, place, release: () => server.release() };
}

/** The same, for commands that only look: nothing when it would have to be started. */
export async function runningDeployment(flags: GlobalFlags): Promise<Deployment | undefined> {
  const remote = await remoteDeployment(flags);
  if (remote) return remote;
  const { joinRunning } = await import("./embedded/join.ts");
  const { openStateRoot } = await import("./embedded/state-root.ts");
  const server = await joinRunning(openStateRoot(flags.stateRoot));
  if (!server) return undefined;
  const realm = (await requestedRealm(flags)) ?? defaultRealm(flags);
  const release = () => server.release();
  return { url: server.url, token: ownToken(), realm, place: "joined", release };
}

/** `--profile`, else RKAT_URL, else what RKAT_PROFILE or the last `rkat login` chose. */
async function remoteDeployment(flags: GlobalFlags): Promise<Deployment | undefined> {
  const requested = await requestedRealm(flags);
  const there = { place: "remote", release: async () => undefined } as const;
  const url = process.env["RKAT_URL"];
  if (url && flags.profile === undefined) {
    return { url, token: process.env["RKAT_TOKEN"] || undefined, realm: requested, ...there };
  }
  const profile = chosenProfile(flags);
  return profile && { ...profile, realm: requested ?? profile.realm, ...there };
}

/** The embedded server's own token: never sent to a URL that somebody else may run. */
function ownToken(): string | undefined {
  return process.env["RKAT_ADMIN_TOKEN"] || process.env["RKAT_TOKEN"] || undefined;
}

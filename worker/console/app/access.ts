import { computed, signal } from "@preact/signals";
import { MeerkatClient, MeerkatError, type TokenSelf } from "meerkat-edge";
import {
  type Credentials,
  forgetCredentials,
  keepCredentials,
  storedCredentials,
} from "./credentials.ts";
import { watchedFetch, watchedSocket } from "./line.ts";
import { plainWords } from "./plain-words.ts";
import { replaceAddress, takeShareToken } from "./router.ts";

/** An open way into the deployment, and what it allows. */
export interface Access {
  client: MeerkatClient;
  self: TokenSelf;
  /** Whether there was a token to sign in with, and so something to sign out of. */
  hasToken: boolean;
}

/** Where signing in stands. `notice` is why the user must sign in again, in plain words. */
export type Entrance =
  | { kind: "trying" }
  | { kind: "out"; notice?: string | undefined }
  | { kind: "in"; access: Access };

const PATIENCE_MS = 15_000;

export const entrance = signal<Entrance>({ kind: "trying" });

/** The open access, on pages that are shown only with one. */
export function useAccess(): Access {
  if (entrance.value.kind === "in") return entrance.value.access;
  throw new Error("This part of the console is shown after signing in only");
}

/** What the token in use may do beyond looking; the deployment itself refuses the rest. */
export const may = computed(() => {
  const scopes = entrance.value.kind === "in" ? entrance.value.access.self.scopes : [];
  return { run: scopes.includes("run"), administer: scopes.includes("admin") };
});

/** Enters with a share link, what is remembered, or nothing at all where the deployment is open. */
export async function startAccess(): Promise<void> {
  const shared = takeShareToken();
  if (shared !== undefined) keepCredentials({ token: shared }, false);
  const remembered = storedCredentials();
  try {
    await enter(remembered ?? {});
  } catch (error) {
    const isRefused = error instanceof MeerkatError && error.code === "UNAUTHORIZED";
    const isExpected = isRefused && remembered === undefined;
    if (isRefused) forgetCredentials();
    entrance.value = { kind: "out", notice: isExpected ? undefined : plainWords(error) };
  }
}

/** Signs in, and keeps the credentials for this tab or this device. @throws what the deployment said */
export async function signIn(credentials: Credentials, isForDevice: boolean): Promise<void> {
  await enter(credentials);
  keepCredentials(credentials, isForDevice);
}

/** Forgets the token and everything that was read with it. */
export function signOut(notice?: string): void {
  if (entrance.value.kind === "in") void entrance.value.access.client.close();
  forgetCredentials();
  entrance.value = { kind: "out", notice };
}

/** Signs out when an answer says that the token is no longer accepted. @returns whether it did */
export function leaveIfRefused(error: unknown): boolean {
  const isRefused = error instanceof MeerkatError && error.code === "UNAUTHORIZED";
  if (isRefused) signOut("Your token is no longer accepted: it has expired or was revoked.");
  return isRefused;
}

async function enter({ token, realm }: Credentials): Promise<void> {
  const client = new MeerkatClient({
    url: location.origin,
    token,
    realmId: realm,
    instanceId: "console",
    fetch: watchedFetch,
    webSocket: watchedSocket,
    reconnectAttempts: Number.MAX_SAFE_INTEGER,
  });
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await client.connect({ signal });
  const self = await client.tokens.self({ signal });
  if (self.watching) replaceAddress(`sessions/${self.watching.sessionId}`);
  entrance.value = { kind: "in", access: { client, self, hasToken: token !== undefined } };
}

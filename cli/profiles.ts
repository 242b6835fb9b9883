import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { GlobalFlags } from "./global-flags.ts";
import { UsageError } from "./usage-error.ts";

/** A deployment that the user logged in to. */
export interface Profile {
  url: string;
  token: string | undefined;
  /** Absent: the one that the deployment gives to callers who name none. */
  realm: string | undefined;
}

/** The user's logins, and which of them commands use that name none. */
export interface ProfileBook {
  current: string | undefined;
  profiles: Readonly<Record<string, Profile>>;
}

/** Means this machine's own server wherever a profile can be named. */
export const LOCAL = "local";

/** The login that a command uses; nothing for the server of this machine. @throws {UsageError} for a name nobody knows */
export function chosenProfile({ profile, stateRoot }: GlobalFlags): Profile | undefined {
  // An address in the environment is more particular than a login that merely happened to be the last.
  if (profile === undefined && process.env["RKAT_URL"]) return undefined;
  // Whoever names a folder of state on the command line means the server that keeps it.
  const fallback = stateRoot === undefined ? process.env["RKAT_PROFILE"] || undefined : LOCAL;
  const asked = profile ?? fallback;
  if (asked === LOCAL) return undefined;
  const { current, profiles } = readProfiles();
  const name = asked ?? current;
  if (name === undefined) return undefined;
  const found = profiles[name];
  if (found) return found;
  const known = [LOCAL, ...Object.keys(profiles)].join(", ");
  throw new UsageError(
    `no profile is called '${name}'; there are ${known}, and \`rkat login <url> --profile ${name}\` makes it`,
  );
}

/** Where logins are kept, `XDG_CONFIG_HOME` honoured. */
function profilesPath(): string {
  const configHome = process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return join(configHome, "rkat", "profiles.json");
}

/** The user's logins. @throws Error when the file is not what `writeProfiles` wrote */
export function readProfiles(): ProfileBook {
  const path = profilesPath();
  try {
    const book: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isProfileBook(book)) return book;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return { current: undefined, profiles: {} };
    }
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`${path} is damaged; remove it and run \`rkat login\` again`);
}

/** Keeps the logins, tokens among them, where only the user can read them. */
export function writeProfiles(book: ProfileBook): void {
  const path = profilesPath();
  const draft = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(draft, `${JSON.stringify(book, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

function isProfileBook(value: unknown): value is ProfileBook {
  if (typeof value !== "object" || value === null || !("profiles" in value)) return false;
  const { profiles } = value;
  return (
    typeof profiles === "object" && profiles !== null && Object.values(profiles).every(isProfile)
  );
}

function isProfile(value: unknown): value is Profile {
  return (
    typeof value === "object" && value !== null && "url" in value && typeof value.url === "string"
  );
}

import { text } from "node:stream/consumers";
import { MeerkatClient, MeerkatError } from "../sdk/index.ts";
import { columns } from "./columns.ts";
import { exitCodes } from "./exit-codes.ts";
import { type GlobalFlags, requestedRealm } from "./global-flags.ts";
import { askHidden } from "./hidden-prompt.ts";
import { exchange } from "./http-exchange.ts";
import { print } from "./print.ts";
import { LOCAL, type Profile, readProfiles, writeProfiles } from "./profiles.ts";
import { UsageError } from "./usage-error.ts";
import { reach } from "./with-client.ts";

const DEFAULT_NAME = "default";

/** Checks a deployment and a token for it, and keeps both as a profile that commands use from now on. */
export async function login(address: string, flags: GlobalFlags): Promise<number> {
  const url = checkedUrl(address);
  const name = checkedName(flags.profile ?? DEFAULT_NAME);
  const realm = await requestedRealm(flags);
  await reach(url);
  const token = (await readToken(url)) || undefined;
  await tryOut({ url, token, realm });
  const { profiles } = readProfiles();
  writeProfiles({ current: name, profiles: { ...profiles, [name]: { url, token, realm } } });
  process.stdout.write(`Logged in to ${url} as profile '${name}'\n`);
  if (url.startsWith("http:") && token && !isLoopback(url)) {
    process.stderr.write("The token goes over the network unencrypted: use https if you can.\n");
  }
  return exitCodes.ok;
}

/** Forgets a profile and its token; without a name, the one in use. */
export async function logout(flags: GlobalFlags): Promise<number> {
  const { current, profiles } = readProfiles();
  const name = flags.profile ?? current;
  if (name === undefined || !profiles[name]) {
    throw new UsageError(
      name === undefined
        ? "nobody is logged in; `rkat profiles` shows what there is"
        : `no profile is called '${name}'; \`rkat profiles\` shows what there is`,
    );
  }
  const rest = Object.fromEntries(Object.entries(profiles).filter(([other]) => other !== name));
  writeProfiles({ current: name === current ? undefined : current, profiles: rest });
  process.stdout.write(`Logged out of ${profiles[name].url} (profile '${name}')\n`);
  return exitCodes.ok;
}

/** Prints the profiles, never their tokens; `*` marks the one in use. */
export async function printProfiles(): Promise<number> {
  const { current, profiles } = readProfiles();
  const rows = Object.entries(profiles).map(([name, { url, realm, token }]) => [
    name === current ? `${name} *` : name,
    url,
    realm ?? "-",
    token ? "yes" : "no",
  ]);
  const table = columns([["PROFILE", "URL", "REALM", "TOKEN"], ...rows]);
  print(rows.length === 0 ? "No profiles found." : table);
  return exitCodes.ok;
}

/** Makes a profile the one that commands use; `local` for the server of this machine. */
export async function useProfile(name: string): Promise<number> {
  const book = readProfiles();
  if (name !== LOCAL && !book.profiles[name]) {
    throw new UsageError(`no profile is called '${name}'; \`rkat profiles\` shows what there is`);
  }
  writeProfiles({ ...book, current: name === LOCAL ? undefined : name });
  process.stdout.write(name === LOCAL ? "Using this machine\n" : `Using profile '${name}'\n`);
  return exitCodes.ok;
}

function checkedUrl(address: string): string {
  const url = /^https?:\/\//.test(address) ? address : `https://${address}`;
  if (!URL.canParse(url)) throw new UsageError(`'${address}' is not the address of a deployment`);
  const { username, password } = new URL(url);
  if (username || password) {
    throw new UsageError("the address must not carry a password; the token is asked for");
  }
  return url.replace(/\/+$/, "");
}

function checkedName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(name) && name !== LOCAL) return name;
  throw new UsageError(
    `invalid profile name '${name}': letters, digits, '_', '.' and '-', at most 64; '${LOCAL}' means this machine`,
  );
}

/** Never an argument: those end up in the shell's history and in the list of processes. */
async function readToken(url: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).trim();
  return (await askHidden(`Token for ${url} (empty for none): `)).trim();
}

async function tryOut({ url, token, realm }: Profile): Promise<void> {
  await using client = new MeerkatClient();
  try {
    await client.connect({ url, token, realmId: realm, exchange });
  } catch (error) {
    if (!(error instanceof MeerkatError) || error.code !== "UNAUTHORIZED") throw error;
    throw new Error(`${url} does not accept this token; nothing was kept`, { cause: error });
  }
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);
}

import { MeerkatClient, MeerkatError } from "../sdk/index.ts";
import { type Deployment, runningDeployment } from "./deployment.ts";
import { configuredProviders } from "./embedded/bindings.ts";
import { openStateRoot, readServerNote } from "./embedded/state-root.ts";
import { tryExclusiveLock } from "./embedded/file-lock.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { type Report, tellHealth } from "./health-report.ts";
import { exchange } from "./http-exchange.ts";
import { packageVersion } from "./package-root.ts";
import { print } from "./print.ts";
import { chosenProfile, readProfiles } from "./profiles.ts";
import { reach } from "./with-client.ts";

/** Looks at all that commands depend on. Fails when there is a server and it cannot be used. */
export async function doctor(flags: GlobalFlags): Promise<number> {
  const report: Report = (...line) => print(line.join("\t"));
  report("ok", "node", `${process.version}, rkat ${packageVersion()}`);
  tellProfile(flags, report);
  const isUsable = await examined(flags, report);
  tellStateRoot(flags, report);
  return isUsable ? exitCodes.ok : exitCodes.error;
}

function tellProfile(flags: GlobalFlags, report: Report): void {
  const profile = chosenProfile(flags);
  if (!profile) return report("ok", "profile", "none in use");
  const name = flags.profile ?? (process.env["RKAT_PROFILE"] || readProfiles().current);
  report("ok", "profile", `'${name}' for ${profile.url}`);
}

async function examined(flags: GlobalFlags, report: Report): Promise<boolean> {
  const deployment = await runningDeployment(flags);
  if (deployment) {
    try {
      return await examine(deployment, report);
    } finally {
      await deployment.release();
    }
  }
  report("ok", "server", "none runs here; each command starts its own, or run `rkat serve`");
  tellKeys(configuredProviders(), report);
  return true;
}

async function examine({ url, token, realm }: Deployment, report: Report): Promise<boolean> {
  try {
    await reach(url);
    report("ok", "server", `${url} answers`);
  } catch (error) {
    report("warn", "server", sentence(error));
    return false;
  }
  await using client = new MeerkatClient();
  try {
    await client.connect({ url, token, realmId: realm, exchange });
  } catch (error) {
    const isVersion = error instanceof MeerkatError && error.code === "VERSION_MISMATCH";
    report("warn", isVersion ? "version" : "auth", sentence(error));
    return false;
  }
  report("ok", "auth", token ? "the token is accepted" : "open to this client without a token");
  const { contract_version: spoken, providers } = await client.call("capabilities/get", {});
  report("ok", "version", `contract ${spoken.major}.${spoken.minor}.${spoken.patch} on both sides`);
  const configured = providers.filter(
    ({ provider, configured: has }) => has && provider !== "demo",
  );
  tellKeys(
    configured.map(({ provider }) => provider),
    report,
  );
  await tellHealth(client, report);
  return true;
}

/** The setting that makes each vendor answer. */
const settings = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
  gemini: "GEMINI_API_KEY",
  self_hosted: "SELF_HOSTED_BASE_URL",
} as const;

function tellKeys(configured: readonly string[], report: Report): void {
  for (const [provider, setting] of Object.entries(settings)) {
    if (configured.includes(provider)) report("ok", `key:${provider}`, "set");
    else report("warn", `key:${provider}`, `not set; ${setting} sets it where the server runs`);
  }
  if (configured.length === 0) report("warn", "model", "the built-in demo script answers");
}

function tellStateRoot({ stateRoot }: GlobalFlags, report: Report): void {
  try {
    const root = openStateRoot(stateRoot);
    const lock = tryExclusiveLock(root.serverLock);
    lock?.release();
    const pid = readServerNote(root)?.pid;
    const holder = pid === undefined ? "a process that is starting" : `process ${pid}`;
    report("ok", "state", lock ? `${root.path} is free` : `${root.path} is served by ${holder}`);
  } catch (error) {
    report("warn", "state", sentence(error));
  }
}

function sentence(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
}

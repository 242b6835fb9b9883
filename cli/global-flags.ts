import { type Command, Option } from "commander";
import { UsageError } from "./usage-error.ts";
import { workspaceRealm } from "./workspace.ts";

/** Flags that every command takes, before or after its name (contract 1.2). */
export interface GlobalFlags {
  realm?: string;
  isolated?: boolean;
  instance?: string;
  realmBackend?: string;
  stateRoot?: string;
  contextRoot?: string;
  profile?: string;
}

export const backends: readonly string[] = ["sqlite", "redb", "jsonl", "memory"];

/** Declares the global flags on the program. */
export function addGlobalFlags(program: Command): Command {
  return program
    .option("-r, --realm <id>", "realm to work in (env RKAT_REALM; default: the workspace's)")
    .option("--isolated", "work in a fresh realm of its own")
    .option("--instance <id>", "name of this process, for information (env RKAT_INSTANCE)")
    .addOption(
      new Option(
        "--realm-backend <name>",
        "storage label for a new realm (env RKAT_REALM_BACKEND)",
      ).choices(backends),
    )
    .option("--state-root <dir>", "folder of the embedded server (env RKAT_STATE_ROOT)")
    .option("--context-root <dir>", "folder whose workspace realm to use (default: here)")
    .addOption(
      // Logins are where XDG_CONFIG_HOME says.
      new Option("--user-config-root <dir>", "accepted from the original; no effect").hideHelp(),
    )
    .option("--profile <name>", "login to use; 'local' for this machine (env RKAT_PROFILE)");
}

/** The realm that the flags or the environment ask for; nothing when they leave it open. */
export async function requestedRealm({
  realm,
  isolated,
}: GlobalFlags): Promise<string | undefined> {
  if (realm !== undefined && isolated) {
    throw new UsageError("--realm and --isolated exclude each other");
  }
  if (isolated) {
    const { v7 } = await import("uuid");
    return `realm-${v7()}`;
  }
  return realm ?? (process.env["RKAT_REALM"] || undefined);
}

/** The realm of the folder the user works in. */
export function defaultRealm({ contextRoot }: GlobalFlags): string {
  return workspaceRealm(contextRoot ?? process.cwd());
}

/** What this process, and a server of its own, is called apart from its realm. @throws {UsageError} */
export function instanceFlags({ instance, realmBackend }: GlobalFlags) {
  const backend = realmBackend ?? (process.env["RKAT_REALM_BACKEND"] || undefined);
  if (backend !== undefined && !backends.includes(backend)) {
    throw new UsageError(`RKAT_REALM_BACKEND is one of ${backends.join(", ")}, not '${backend}'`);
  }
  return {
    instance: instance ?? (process.env["RKAT_INSTANCE"] || undefined),
    realmBackend: backend,
  };
}

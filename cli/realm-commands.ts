import { type Command, Option } from "commander";
import { collect, wholeNumber } from "./flag-values.ts";
import { backends, type GlobalFlags } from "./global-flags.ts";
import type { Finish } from "./program.ts";
import type { RepairFlags } from "./realm-repair.ts";
import type { CreateFlags, DeleteFlags, PruneFlags } from "./realms.ts";

/** Declares `rkat realms`. */
export function addRealmCommands(program: Command, finish: Finish): void {
  const realms = program.command("realms").description("the tenants of the deployment");
  addReading(realms, finish);
  addChanging(realms, finish);
  realms
    .command("repair [realm]")
    .description("rebuild a realm's list of sessions from what the sessions say")
    .option("--session <id>", "a session that the realm may not know (repeatable)", collect, [])
    .option("--from-file <path>", "a file with one such id per line")
    .action(async (realm: string | undefined, _flags: unknown, command: Command) => {
      const { repairRealm } = await import("./realm-repair.ts");
      finish(await repairRealm(realm, command.optsWithGlobals<RepairFlags>()));
    });
}

function addReading(realms: Command, finish: Finish): void {
  realms
    .command("current")
    .description("print the realm that commands here work in")
    .action(async (_flags: unknown, command: Command) => {
      const { currentRealm } = await import("./realms.ts");
      finish(await currentRealm(command.optsWithGlobals<GlobalFlags>()));
    });
  realms
    .command("list")
    .description("list all realms by name")
    .action(async (_flags: unknown, command: Command) => {
      const { listRealms } = await import("./realms.ts");
      finish(await listRealms(command.optsWithGlobals<GlobalFlags>()));
    });
  realms
    .command("show <realm>")
    .description("print what a realm is")
    .action(async (realm: string, _flags: unknown, command: Command) => {
      const { showRealm } = await import("./realms.ts");
      finish(await showRealm(realm, command.optsWithGlobals<GlobalFlags>()));
    });
}

function addChanging(realms: Command, finish: Finish): void {
  realms
    .command("create <realm>")
    .description("create a realm")
    .addOption(new Option("--backend <name>", "its storage label").choices(backends))
    .action(async (realm: string, _flags: unknown, command: Command) => {
      const { createRealm } = await import("./realms.ts");
      finish(await createRealm(realm, command.optsWithGlobals<CreateFlags>()));
    });
  realms
    .command("delete <realm>")
    .description("erase a realm with all its sessions, for good")
    .option("--force", "also while turns run")
    .action(async (realm: string, _flags: unknown, command: Command) => {
      const { deleteRealm } = await import("./realms.ts");
      finish(await deleteRealm(realm, command.optsWithGlobals<DeleteFlags>()));
    });
  realms
    .command("prune")
    .description("erase realms that nobody used for long")
    .option("--isolated-only", "only those with a generated name")
    .option("--older-than-hours <count>", "not used for so long", wholeNumber, 24)
    .option("--force", "also while turns run")
    .action(async (_flags: unknown, command: Command) => {
      const { pruneRealms } = await import("./realms.ts");
      finish(await pruneRealms(command.optsWithGlobals<PruneFlags>()));
    });
}

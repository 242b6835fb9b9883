import { Command } from "commander";
import { addAccessCommands } from "./access-commands.ts";
import { addAuth } from "./auth-commands.ts";
import { addConfig } from "./config-commands.ts";
import { addGlobalFlags } from "./global-flags.ts";
import { addExamples } from "./help-examples.ts";
import { addIntrospection } from "./introspection-commands.ts";
import { packageVersion } from "./package-root.ts";
import { addRealmCommands } from "./realm-commands.ts";
import { addServers } from "./server-commands.ts";
import { addSessionCommands } from "./session-commands.ts";
import { addSetup } from "./setup-commands.ts";
import { addUsage } from "./usage-command.ts";
import { addTurnCommands } from "./turn-commands.ts";

/** Takes the exit code of the command that ran. */
export type Finish = (exitCode: number) => void;

/** The whole command line. Each command's code is loaded only when it runs. */
export function buildProgram(finish: Finish): Command {
  const program = addGlobalFlags(new Command("rkat"))
    .description('Durable agent sessions at the edge. `rkat "prompt"` is short for `rkat run`.')
    .version(packageVersion(), "-V, --version")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("`rkat --help` and `rkat <command> --help` list what there is.")
    .exitOverride();
  const groups = [
    ["Turns:", addTurnCommands],
    ["Sessions and realms:", addSessionsAndAccess],
    ["Sessions and realms:", addRealmCommands],
    ["Sessions and realms:", addConfig],
    ["Sessions and realms:", addAuth],
    ["Sessions and realms:", addUsage],
    ["The deployment:", addIntrospection],
    ["The deployment:", addServers],
    ["Set-up:", addSetup],
  ] as const;
  for (const [heading, add] of groups) add(program.commandsGroup(heading), finish);
  addExamples(program);
  return program;
}

function addSessionsAndAccess(program: Command, finish: Finish): void {
  addAccessCommands(program, addSessionCommands(program, finish), finish);
}

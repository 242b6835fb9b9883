import { Command } from "commander";
import { addAccessCommands } from "./access-commands.ts";
import { addAuth } from "./auth-commands.ts";
import { addConfig } from "./config-commands.ts";
import { addGlobalFlags } from "./global-flags.ts";
import { addHelp } from "./help-examples.ts";
import { addIntrospection } from "./introspection-commands.ts";
import { packageVersion } from "./package-root.ts";
import { addRealmCommands } from "./realm-commands.ts";
import { addServers } from "./server-commands.ts";
import { addSessionCommands } from "./session-commands.ts";
import { addSetup } from "./setup-commands.ts";
import { addUnavailableCommands } from "./unavailable.ts";
import { addUsage } from "./usage-command.ts";
import { addTurnCommands } from "./turn-commands.ts";

/** Takes the exit code of the command that ran. */
export type Finish = (exitCode: number) => void;

/** Commands that are declared together. */
interface Group {
  heading: string;
  /** What they are called, other names among it. */
  names: readonly string[];
  add: (program: Command, finish: Finish) => void;
}

const groups: readonly Group[] = [
  { heading: "Turns:", names: ["run", "resume", "continue", "c", "watch"], add: addTurnCommands },
  {
    heading: "Sessions and realms:",
    names: ["sessions", "session", "tokens", "audit"],
    add: addSessionsAndAccess,
  },
  { heading: "Sessions and realms:", names: ["realms"], add: addRealmCommands },
  { heading: "Sessions and realms:", names: ["config"], add: addConfig },
  { heading: "Sessions and realms:", names: ["auth"], add: addAuth },
  { heading: "Sessions and realms:", names: ["usage"], add: addUsage },
  { heading: "The deployment:", names: ["models", "capabilities"], add: addIntrospection },
  { heading: "The deployment:", names: ["serve", "rpc", "mcp"], add: addServers },
  {
    heading: "Not here:",
    names: ["mob", "skills", "skill", "blob"],
    add: addUnavailableCommands,
  },
  // `complete` looks at all commands, so its name is left out.
  {
    heading: "Set-up:",
    names: ["login", "logout", "profiles", "doctor", "init", "completion"],
    add: addSetup,
  },
];

/**
 * The command line as far as `args` need it: where they name a command, its group, else all of it. To
 * declare everything would take longer than most commands do. Their code is loaded when they run.
 */
export function buildProgram(finish: Finish, args: readonly string[] = []): Command {
  const program = addGlobalFlags(new Command("rkat"))
    .description('Durable agent sessions at the edge. `rkat "prompt"` is short for `rkat run`.')
    .version(packageVersion(), "-V, --version")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(inOurWords(text)) })
    .exitOverride();
  const name = firstWord(program, args);
  const named = groups.filter(({ names }) => name !== undefined && names.includes(name));
  for (const { heading, add } of named.length > 0 ? named : groups) {
    add(program.commandsGroup(heading), finish);
  }
  addHelp(program);
  return program;
}

/** What Commander finds wrong with a command line, told like every other error. */
function inOurWords(text: string): string {
  return text
    .replace(/^error: (command-argument value )?/, "Error: ")
    .replace(/^(Error: too many arguments .*)/, "$1 Text of several words goes in quotes.");
}

/** The first argument that is neither a flag of the program nor the value of one. */
function firstWord(program: Command, args: readonly string[]): string | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    if (!word.startsWith("-")) return word;
    const flag = program.options.find(({ long, short }) => word === long || word === short);
    if (flag?.required) at += 1;
  }
  return undefined;
}

function addSessionsAndAccess(program: Command, finish: Finish): void {
  addAccessCommands(program, addSessionCommands(program, finish), finish);
}

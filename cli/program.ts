import { Command, Option } from "commander";
import { addAuth } from "./auth-commands.ts";
import { addBridges } from "./bridge-commands.ts";
import { addAccessCommands } from "./access-commands.ts";
import { addConfig } from "./config-commands.ts";
import { collect, portNumber, positiveNumber, wholeNumber } from "./flag-values.ts";
import { addGlobalFlags, type GlobalFlags } from "./global-flags.ts";
import type { ModelsFlags } from "./introspection.ts";
import { packageVersion } from "./package-root.ts";
import { addRealmCommands } from "./realm-commands.ts";
import type { RunFlags } from "./run.ts";
import type { ServeFlags } from "./serve.ts";
import type { ForkFlags, ListFlags, RewindFlags } from "./sessions.ts";
import { addTurnFlags, type TurnFlags } from "./turn-flags.ts";

/** Takes the exit code of the command that ran. */
export type Finish = (exitCode: number) => void;

/** The whole command line. Each command's code is loaded only when it runs. */
export function buildProgram(finish: Finish): Command {
  const program = addGlobalFlags(new Command("rkat"))
    .description('Durable agent sessions at the edge. `rkat "prompt"` is short for `rkat run`.')
    .version(packageVersion(), "-V, --version")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addTurnCommands(program, finish);
  const sessions = addSessionCommands(program, finish);
  addIntrospection(program, finish);
  addConfig(program, finish);
  addRealmCommands(program, finish);
  addAuth(program, finish);
  addAccessCommands(program, sessions, finish);
  addServe(program, finish);
  addBridges(program, finish);
  return program;
}

function addTurnCommands(program: Command, finish: Finish): void {
  addTurnFlags(program.command("run <prompt>", { isDefault: true }))
    .description("create a session and run its first turn")
    .option("--label <key=value>", "label of the session (repeatable)", collect)
    .action(async (prompt: string, _flags: unknown, command: Command) => {
      const { run } = await import("./run.ts");
      finish(await run(prompt, command.optsWithGlobals<RunFlags>()));
    });
  addTurnFlags(program.command("resume <session> <prompt>"))
    .description("run a session's next turn; <session> is an id, either end of one, last or ~N")
    .action(async (session: string, prompt: string, _flags: unknown, command: Command) => {
      const { resume } = await import("./resume.ts");
      finish(await resume(session, prompt, command.optsWithGlobals<TurnFlags>()));
    });
  addTurnFlags(program.command("continue <prompt>").alias("c"))
    .description("run the next turn of the most recent session")
    .action(async (prompt: string, _flags: unknown, command: Command) => {
      const { resume } = await import("./resume.ts");
      finish(await resume("last", prompt, command.optsWithGlobals<TurnFlags>()));
    });
}

function addSessionCommands(program: Command, finish: Finish): Command {
  const sessions = program
    .command("sessions")
    .alias("session")
    .description("find and end sessions");
  sessions
    .command("list")
    .description("list sessions, most recently used first")
    .option("--limit <count>", "how many", wholeNumber, 20)
    .option("--offset <count>", "how many to skip", wholeNumber, 0)
    .option("--label <key=value>", "only sessions with this label (repeatable)", collect, [])
    .action(async (_flags: unknown, command: Command) => {
      const { listSessions } = await import("./sessions.ts");
      finish(await listSessions(command.optsWithGlobals<ListFlags>()));
    });
  const one = [
    ["show", "print a session and its transcript", "showSession"],
    ["delete", "archive a session", "deleteSession"],
    ["interrupt", "cancel a session's running turn", "interruptSession"],
  ] as const;
  for (const [name, description, action] of one) {
    sessions
      .command(`${name} <session>`)
      .description(description)
      .action(async (session: string, _flags: unknown, command: Command) => {
        const commands = await import("./sessions.ts");
        finish(await commands[action](session, command.optsWithGlobals<GlobalFlags>()));
      });
  }
  addTranscriptCommands(sessions, finish);
  return sessions;
}

function addTranscriptCommands(sessions: Command, finish: Finish): void {
  sessions
    .command("fork <session>")
    .description("make a new session out of a session's transcript")
    .option("--at <count>", "how many messages to take; all, unless given", positiveNumber)
    .option("--label <key=value>", "label in place of the session's own (repeatable)", collect, [])
    .action(async (session: string, _flags: unknown, command: Command) => {
      const { forkSession } = await import("./sessions.ts");
      finish(await forkSession(session, command.optsWithGlobals<ForkFlags>()));
    });
  sessions
    .command("rewind <session>")
    .description("undo a session's newest turns")
    .option("--turns <count>", "how many", positiveNumber, 1)
    .action(async (session: string, _flags: unknown, command: Command) => {
      const { rewindSession } = await import("./sessions.ts");
      finish(await rewindSession(session, command.optsWithGlobals<RewindFlags>()));
    });
}

function addIntrospection(program: Command, finish: Finish): void {
  const printModels = async (_flags: unknown, command: Command) => {
    const introspection = await import("./introspection.ts");
    const flags = command.optsWithGlobals<ModelsFlags>();
    // In a pipe `models catalog` is the original's: JSON.
    const isPiped = command.name() === "catalog" && !process.stdout.isTTY;
    finish(await introspection.printModels(isPiped ? { output: "json", ...flags } : flags));
  };
  const models = program
    .command("models")
    .description("list known models with their sizes and prices")
    .addOption(new Option("-o, --output <format>", "form of the list").choices(["text", "json"]))
    .option("--json", "same as --output json")
    .action(printModels);
  models.command("catalog").description("the same; JSON when piped").action(printModels);
  program
    .command("capabilities")
    .description("tell what the deployment can do")
    .action(async (_flags: unknown, command: Command) => {
      const introspection = await import("./introspection.ts");
      finish(await introspection.printCapabilities(command.optsWithGlobals<GlobalFlags>()));
    });
}

function addServe(program: Command, finish: Finish): void {
  program
    .command("serve")
    .description("run the server on this machine")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 picks a free one", portNumber, 8080)
    .option("--user-config-root <dir>", "accepted for the original's command lines; no effect")
    .option("--expose-paths", "accepted for the original's command lines; no effect")
    .action(async (_flags: unknown, command: Command) => {
      const { serve } = await import("./serve.ts");
      finish(await serve(command.optsWithGlobals<ServeFlags>()));
    });
}

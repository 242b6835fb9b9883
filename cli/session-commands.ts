import type { Command } from "commander";
import { collect, positiveNumber, wholeNumber } from "./flag-values.ts";
import type { GlobalFlags } from "./global-flags.ts";
import type { Finish } from "./program.ts";
import type { ForkFlags, ListFlags, RewindFlags } from "./sessions.ts";

/** Declares `rkat sessions`. @returns it, for commands that others add to it */
export function addSessionCommands(program: Command, finish: Finish): Command {
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
    .option("--json", "print JSON")
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

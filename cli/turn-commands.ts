import type { Command } from "commander";
import { collect, wholeNumber } from "./flag-values.ts";
import type { Finish } from "./program.ts";
import type { RunFlags } from "./run.ts";
import { addTurnFlags, addViewFlags, type TurnFlags } from "./turn-flags.ts";
import { UsageError } from "./usage-error.ts";
import type { WatchFlags } from "./watch.ts";

/** Declares the commands that run turns, and the one that follows them. */
export function addTurnCommands(program: Command, finish: Finish): void {
  addTurnFlags(program.command("run <prompt>", { isDefault: true }))
    .description("create a session and run its first turn")
    .option("--label <key=value>", "label of the session (repeatable)", collect)
    .option("--resume [session]", "go on with a session instead: the last, or --resume=<session>")
    // The usual refusal would not tell who left out the quotes what to do.
    .allowExcessArguments()
    .action(async (prompt: string, _flags: unknown, command: Command) => {
      checkQuotes(command.args);
      const flags = command.optsWithGlobals<RunFlags>();
      const { run } = await import("./run.ts");
      finish(await run(prompt, flags));
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
  addViewFlags(program.command("watch <session>"))
    .description("follow a session from anywhere, whoever runs its turns")
    .option("--after <seq>", "from this place of its log on; 0 for all of it", wholeNumber)
    .option("--once", "leave when the turn is over")
    .option("-v, --verbose", "show tool calls whole")
    .action(async (session: string, _flags: unknown, command: Command) => {
      const { watch } = await import("./watch.ts");
      finish(await watch(session, command.optsWithGlobals<WatchFlags>()));
    });
}

function checkQuotes(words: readonly string[]): void {
  const [first = "", ...more] = words;
  if (more.length === 0) return;
  throw new UsageError(
    `'${first}' is no command (\`rkat --help\` lists them), and a prompt is one argument: put it in quotes, rkat "${words.join(" ")}"`,
  );
}

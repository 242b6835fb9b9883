import { CommanderError } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { nextStep } from "./next-step.ts";
import { tell } from "./print.ts";
import { buildProgram } from "./program.ts";
import { silenceKnownWarnings } from "./quiet-warnings.ts";
import { withResumeTarget } from "./resume-flag.ts";
import { UsageError } from "./usage-error.ts";

/** Runs one command line and ends the process with its exit code. */
export async function main(args: string[]): Promise<void> {
  silenceKnownWarnings();
  for (const stream of [process.stdout, process.stderr]) stream.on("error", leaveWithReader);
  // Leaving explicitly: a socket that a library forgot must not keep a finished command alive.
  process.exit(await run(args));
}

/** `rkat … | head` closes the pipe when it has enough: not a failure to tell anybody about. */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  // A terminal that is gone; the signal that comes with it ends the command in order.
  if (error.code === "EIO") return;
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.ok);
}

async function run(args: string[]): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const words = withResumeTarget(args);
  const program = buildProgram((code) => {
    exitCode = code;
  }, words);
  try {
    if (args.length === 0) program.help();
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  // Commander has already told what is wrong, or shown the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  tell(`Error: ${error instanceof Error ? error.message : String(error)}`);
  const next = nextStep(error);
  if (next !== undefined) tell(next);
  if (process.env["RKAT_DEBUG"] && error instanceof Error) tell(error.stack ?? "");
  return error instanceof UsageError ? exitCodes.usage : exitCodes.error;
}

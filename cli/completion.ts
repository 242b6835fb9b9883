import type { Command, Option } from "commander";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";

/** Something a shell may put in place of the word that is being typed. */
interface Candidate {
  value: string;
  description?: string;
}

/** What has been typed before the word in question. */
interface Typed {
  command: Command;
  /** Positional words of the command so far. */
  count: number;
  /** The flag whose value the word is. */
  flag: Option | undefined;
  given: Record<string, unknown>;
}

const SESSIONS = 50;

/** Prints what can stand for the last word, a line each, with a description after a tab. */
export async function printCompletions(
  program: Command,
  words: readonly string[],
): Promise<number> {
  const word = words.at(-1) ?? "";
  const typed = read(program, words.slice(0, -1));
  const fitting = (await candidates(program, typed, word)).filter(({ value }) =>
    value.startsWith(word),
  );
  for (const { value, description } of fitting) {
    process.stdout.write(description === undefined ? `${value}\n` : `${value}\t${description}\n`);
  }
  return exitCodes.ok;
}

function read(program: Command, words: readonly string[]): Typed {
  const typed: Typed = { command: program, count: 0, flag: undefined, given: {} };
  for (const word of words) {
    if (typed.flag) {
      typed.given[typed.flag.attributeName()] = word;
      typed.flag = undefined;
    } else if (word.startsWith("-")) {
      const flag = flagsOf(program, typed.command).find(({ long, short }) =>
        [long, short].includes(word),
      );
      typed.flag = flag?.required ? flag : undefined;
    } else {
      const next = typed.count === 0 ? subcommand(typed.command, word) : undefined;
      typed.command = next ?? typed.command;
      if (!next) typed.count += 1;
    }
  }
  return typed;
}

async function candidates(program: Command, typed: Typed, word: string): Promise<Candidate[]> {
  const { command, count, flag } = typed;
  if (flag?.long === "--profile") return await profileNames();
  if (flag) return (flag.argChoices ?? []).map((value) => ({ value }));
  if (word.startsWith("-")) {
    const flags = flagsOf(program, command).filter(({ hidden }) => !hidden);
    return flags.map(({ long, description }) => ({ value: long ?? "", description }));
  }
  const argument = command.registeredArguments[count];
  if (argument?.name() === "session") return await sessions(typed.given);
  const choices = (argument?.argChoices ?? []).map((value) => ({ value }));
  return count > 0 ? choices : [...subcommands(command), ...choices];
}

/** A command's flags and those of every command; a word that names no command is a prompt of `run`. */
function flagsOf(program: Command, command: Command): Option[] {
  const run = program.commands.find((known) => known.name() === "run");
  const own = command === program ? (run?.options ?? []) : command.options;
  const help = command.createOption("-h, --help", "tell about the command");
  return [...own, ...(command === program ? command.options : program.options), help];
}

function subcommands(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((known) => ({ value: known.name(), description: known.description() }));
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((known) => known.name() === word || known.aliases().includes(word));
}

async function profileNames(): Promise<Candidate[]> {
  const { LOCAL, readProfiles } = await import("./profiles.ts");
  return [LOCAL, ...Object.keys(readProfiles().profiles)].map((value) => ({ value }));
}

/** The realm's newest sessions; none when that would need a server to be started. */
async function sessions(flags: GlobalFlags): Promise<Candidate[]> {
  const { runningDeployment } = await import("./deployment.ts");
  const { withDeployment } = await import("./with-client.ts");
  const deployment = await runningDeployment(flags);
  if (!deployment) return [];
  const listed = await withDeployment(deployment, flags, async ({ client }) => {
    const page = await client.call("session/list", { limit: SESSIONS });
    return page.sessions;
  });
  const named = listed.map(({ session_id: value, labels, message_count: count }) => {
    const told = Object.entries(labels ?? {}).map(([key, text]) => `${key}=${text}`);
    return { value, description: [`${count} messages`, ...told].join(" ") };
  });
  return [{ value: "last", description: "the most recent session" }, ...named];
}

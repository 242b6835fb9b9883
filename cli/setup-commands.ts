import { Argument, type Command } from "commander";
import { shells, type Shell } from "./completion-scripts.ts";
import type { GlobalFlags } from "./global-flags.ts";
import type { InitFlags } from "./init.ts";
import type { Finish } from "./program.ts";

/** Declares the commands that prepare a machine or a deployment. */
export function addSetup(program: Command, finish: Finish): void {
  addProfiles(program, finish);
  program
    .command("doctor")
    .description("look at all that commands depend on")
    .action(async (_flags: unknown, command: Command) => {
      const { doctor } = await import("./doctor.ts");
      finish(await doctor(command.optsWithGlobals<GlobalFlags>()));
    });
  program
    .command("init [folder]")
    .description("write a Worker and the settings of a deployment of your own (default: here)")
    .option("--name <name>", "what the Worker is called", "meerkat-edge")
    .action(async (folder: string | undefined, _flags: unknown, command: Command) => {
      const { init } = await import("./init.ts");
      finish(await init(folder ?? ".", command.optsWithGlobals<InitFlags>()));
    });
  addCompletion(program, finish);
}

function addProfiles(program: Command, finish: Finish): void {
  program
    .command("login <url>")
    .description("keep a deployment's address and token, which is asked for or piped in")
    .action(async (url: string, _flags: unknown, command: Command) => {
      const { login } = await import("./login.ts");
      finish(await login(url, command.optsWithGlobals<GlobalFlags>()));
    });
  program
    .command("logout")
    .description("forget a login, the one in use or that of --profile")
    .action(async (_flags: unknown, command: Command) => {
      const { logout } = await import("./login.ts");
      finish(await logout(command.optsWithGlobals<GlobalFlags>()));
    });
  const profiles = program
    .command("profiles")
    .description("list logins; * marks the one in use")
    .action(async () => {
      const { printProfiles } = await import("./login.ts");
      finish(await printProfiles());
    });
  profiles
    .command("use <name>")
    .description("use a login from now on; 'local' for this machine")
    .action(async (name: string) => {
      const { useProfile } = await import("./login.ts");
      finish(await useProfile(name));
    });
}

function addCompletion(program: Command, finish: Finish): void {
  program
    .command("completion")
    .description("print a script that lets a shell complete commands, flags and session ids")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .action(async (shell: Shell) => {
      const { completionScript } = await import("./completion-scripts.ts");
      process.stdout.write(completionScript(shell));
    });
  program
    .command("complete [words...]", { hidden: true })
    .description("what those scripts ask")
    .action(async (words: string[]) => {
      const { printCompletions } = await import("./completion.ts");
      finish(await printCompletions(program, words));
    });
}

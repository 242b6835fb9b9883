import type { Command } from "commander";
import type { AuthSetFlags, AuthTestFlags } from "./auth.ts";
import type { GlobalFlags } from "./global-flags.ts";
import type { Finish } from "./program.ts";
import { UsageError } from "./usage-error.ts";

const NO_ARGUMENT =
  "a key is not taken as an argument, where other programs and the shell's history see it: pipe it in, or use --from-env";

/** `rkat auth`: the realm's own provider keys. A key is never an argument: others could see it there. */
export function addAuth(program: Command, finish: Finish): void {
  const auth = program.command("auth").description("the realm's own provider keys");
  auth
    .command("set <provider>")
    .description("store a key, read from the terminal without showing it, or from standard input")
    .option("--from-env <name>", "take the key from this environment variable")
    .option("--base-url <url>", "where the key is for, if not the vendor's own address")
    // The usual refusal would print the key that somebody gave as an argument.
    .allowExcessArguments()
    .action(async (provider: string, _flags: unknown, command: Command) => {
      if (command.args.length > 1) throw new UsageError(NO_ARGUMENT);
      const { setKey } = await import("./auth.ts");
      finish(await setKey(provider, command.optsWithGlobals<AuthSetFlags>()));
    });
  for (const [name, description] of [
    ["list", "list stored keys, without the keys"],
    ["status", "tell for each provider which key a turn would use"],
  ] as const) {
    auth
      .command(name)
      .description(description)
      .option("--json", "print JSON")
      .action(async (_flags: unknown, command: Command) => {
        const { listKeys } = await import("./auth.ts");
        finish(await listKeys(name, command.optsWithGlobals<AuthTestFlags>()));
      });
  }
  auth
    .command("test <provider>")
    .description("ask the vendor whether it takes the key")
    .option("--json", "print JSON")
    .action(async (provider: string, _flags: unknown, command: Command) => {
      const { testKey } = await import("./auth.ts");
      finish(await testKey(provider, command.optsWithGlobals<AuthTestFlags>()));
    });
  auth
    .command("delete <provider>")
    .description("forget a key")
    .action(async (provider: string, _flags: unknown, command: Command) => {
      const { deleteKey } = await import("./auth.ts");
      finish(await deleteKey(provider, command.optsWithGlobals<GlobalFlags>()));
    });
  auth
    .command("rotate")
    .description("seal all keys anew with the first of the server's RKAT_CREDENTIALS_KEY")
    .action(async (_flags: unknown, command: Command) => {
      const { rotateKeys } = await import("./auth.ts");
      finish(await rotateKeys(command.optsWithGlobals<GlobalFlags>()));
    });
}

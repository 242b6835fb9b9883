import { type Command, Option } from "commander";
import type { ConfigGetFlags, ConfigHistoryFlags } from "./config-read.ts";
import type { ConditionalFlags, ConfigWriteFlags } from "./config-write.ts";
import { wholeNumber } from "./flag-values.ts";
import type { Finish } from "./program.ts";

const expected = ["--expected-generation <n>", "only if nobody has written since"] as const;

/** The commands about the realm's configuration. */
export function addConfig(program: Command, finish: Finish): void {
  const config = program.command("config").description("the realm's configuration");
  addReading(config, finish);
  addWriting(config, finish);
}

function addReading(config: Command, finish: Finish): void {
  config
    .command("get")
    .description("print the configuration")
    .addOption(new Option("--format <format>").choices(["toml", "json"]).default("toml"))
    .option("--with-generation", "with the number that a conditional change needs")
    .action(async (_flags: unknown, command: Command) => {
      const { printConfig } = await import("./config-read.ts");
      finish(await printConfig(command.optsWithGlobals<ConfigGetFlags>()));
    });
  config
    .command("history")
    .description("tell who changed it and when; the last 50 changes are kept")
    .addOption(new Option("--format <format>").choices(["text", "json"]).default("text"))
    .option("--limit <count>", "how many", wholeNumber)
    .action(async (_flags: unknown, command: Command) => {
      const { printConfigHistory } = await import("./config-read.ts");
      finish(await printConfigHistory(command.optsWithGlobals<ConfigHistoryFlags>()));
    });
}

function addWriting(config: Command, finish: Finish): void {
  const verbs = {
    set: "replace the configuration",
    patch: "change parts of it; null removes a key",
  };
  for (const verb of ["set", "patch"] as const) {
    config
      .command(`${verb} [file]`)
      .description(verbs[verb])
      .option("--json <text>", "the config as JSON")
      .option("--toml <text>", "the config as TOML")
      .option(...expected, wholeNumber)
      .action(async (file: string | undefined, _flags: unknown, command: Command) => {
        const { writeConfig } = await import("./config-write.ts");
        finish(await writeConfig(verb, file, command.optsWithGlobals<ConfigWriteFlags>()));
      });
  }
  config
    .command("restore")
    .description("bring an older generation back; secrets stay the present ones")
    .argument("<generation>", "which one", wholeNumber)
    .option(...expected, wholeNumber)
    .action(async (generation: number, _flags: unknown, command: Command) => {
      const { restoreConfig } = await import("./config-write.ts");
      finish(await restoreConfig(generation, command.optsWithGlobals<ConditionalFlags>()));
    });
}

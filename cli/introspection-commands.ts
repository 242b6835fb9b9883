import { type Command, Option } from "commander";
import type { GlobalFlags } from "./global-flags.ts";
import type { ModelsFlags } from "./introspection.ts";
import type { Finish } from "./program.ts";

/** Declares the commands that tell what a deployment is. */
export function addIntrospection(program: Command, finish: Finish): void {
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

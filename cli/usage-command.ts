import type { Command } from "commander";
import type { Finish } from "./program.ts";
import type { UsageFlags } from "./usage.ts";

/** Declares `rkat usage`. */
export function addUsage(program: Command, finish: Finish): void {
  program
    .command("usage")
    .description("what the realm's sessions have used: calls, tokens, dollars")
    .option("--from <day>", "first day, YYYY-MM-DD (UTC); 30 days ago unless given")
    .option("--to <day>", "last day; today unless given")
    .option("--by <group>", "day, model, provider, session or label:<key>", "day")
    .option("--json", "print the report as JSON")
    .action(async (_flags: unknown, command: Command) => {
      const { printUsage } = await import("./usage.ts");
      finish(await printUsage(command.optsWithGlobals<UsageFlags>()));
    });
}

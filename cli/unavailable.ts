import { type Command, Option } from "commander";
import { CapabilityUnavailableError } from "../sdk/errors.ts";

/** The original's flags for what deployments of this contract do not have, and what to do instead. */
const unavailable: readonly (readonly [flags: string, instead: string])[] = [
  ["--app-context <json>", "put it into --instructions, or into the prompt"],
  ["--allow-tool <name>", "--tools none|safe turns the built-in tools off or on as a set"],
  ["--block-tool <name>", "--tools none|safe turns the built-in tools off or on as a set"],
  ["--wait-for-mcp", "sessions have no tools of MCP servers to wait for"],
  ["--preload-skill <name>", "give its text with --instructions"],
  ["--skill-ref <name>", "give its text with --instructions"],
];

/** Declares them, so that who brings a command line along is told what is wrong with it. */
export function addUnavailableFlags(command: Command): void {
  for (const [flags, instead] of unavailable) {
    const option = new Option(flags, "not available on this deployment").hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => {
      throw new CapabilityUnavailableError(
        "CAPABILITY_UNAVAILABLE",
        `${option.long} is not available on this deployment; ${instead}`,
      );
    });
  }
}

/** The original's commands for the same. */
const missing: readonly (readonly [names: readonly [string, ...string[]], what: string])[] = [
  [["mob"], "teams of agents"],
  [["skills", "skill"], "skills"],
  [["blob"], "blobs"],
];

/** Declares those, so that their names are not taken for prompts. */
export function addUnavailableCommands(program: Command): void {
  for (const [[name, ...aliases], what] of missing) {
    program
      .command(`${name} [words...]`, { hidden: true })
      .aliases(aliases)
      .allowUnknownOption()
      .action(() => {
        const message = `this deployment has no ${what}; \`rkat capabilities\` tells what it has`;
        throw new CapabilityUnavailableError("CAPABILITY_UNAVAILABLE", message);
      });
  }
}

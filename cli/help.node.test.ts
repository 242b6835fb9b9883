import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { buildProgram } from "./program.ts";

describe("every command", () => {
  const commands = (command: Command, path: string[]): [string, Command][] => [
    [path.join(" "), command],
    ...command
      .createHelp()
      .visibleCommands(command)
      .filter((child) => child.name() !== "help")
      .flatMap((child) => commands(child, [...path, child.name()])),
  ];

  it.each(
    commands(
      buildProgram(() => undefined),
      ["rkat"],
    ),
  )("%s has examples", (_, command) => {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();

    expect(help).toMatch(/\nExamples:\n {2}\S/);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { packageRoot } from "./package-root.ts";
import { buildProgram } from "./program.ts";

const page = readFileSync(join(packageRoot, "docs", "cli.md"), "utf8");
const whole = buildProgram(() => undefined);

describe("every command", () => {
  const commands = (command: Command, path: string[]): [string, Command][] => [
    [path.join(" "), command],
    ...command
      .createHelp()
      .visibleCommands(command)
      .filter((child) => child.name() !== "help")
      .flatMap((child) => commands(child, [...path, child.name()])),
  ];

  it.each(commands(whole, ["rkat"]))("%s has examples", (_, command) => {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();

    expect(help).toMatch(/\nExamples:\n {2}\S/);
  });

  it.each(commands(whole, ["rkat"]))("%s is in docs/cli.md", (path) => {
    expect(page).toContain(path);
  });
});

describe("a command line that names a command", () => {
  const namesOf = (command: Command) => [command.name(), ...command.aliases()];
  // `complete` looks at all commands.
  const names = whole.commands.flatMap(namesOf).filter((name) => name !== "complete");

  it.each(names)("has it without the others: %s", (name) => {
    const { commands } = buildProgram(() => undefined, ["--realm", "run", "-r", "x", name]);

    expect(commands.flatMap(namesOf)).toContain(name);
    expect(commands.length).toBeLessThan(whole.commands.length);
  });
});

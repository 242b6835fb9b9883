import type { Command } from "commander";
import { addBridges } from "./bridge-commands.ts";
import { portNumber } from "./flag-values.ts";
import type { Finish } from "./program.ts";
import type { ServeFlags } from "./serve.ts";

/** Declares the commands that serve others. */
export function addServers(program: Command, finish: Finish): void {
  addServe(program, finish);
  addBridges(program, finish);
}

function addServe(program: Command, finish: Finish): void {
  program
    .command("serve")
    .description("run the server on this machine")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 picks a free one", portNumber, 8080)
    .option("--expose-paths", "accepted for the original's command lines; no effect")
    .action(async (_flags: unknown, command: Command) => {
      const { serve } = await import("./serve.ts");
      finish(await serve(command.optsWithGlobals<ServeFlags>()));
    });
}

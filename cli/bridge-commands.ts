import type { Command } from "commander";
import type { GlobalFlags } from "./global-flags.ts";
import type { Finish } from "./program.ts";

/** What lets clients that speak over standard input and output reach a deployment. */
export function addBridges(program: Command, finish: Finish): void {
  addRpc(program, finish);
  addMcp(program, finish);
}

/** The flags beyond the global ones are the original's; nothing here depends on them. */
function addRpc(program: Command, finish: Finish): void {
  program
    .command("rpc")
    .description("serve JSON-RPC on standard input and output, as the official SDKs expect it")
    .option("--live-ws <address>", "accepted for the official SDKs; no effect")
    .option("--live-webrtc", "accepted for the official SDKs; no effect")
    .option("--live-tool-timeout-ms <count>", "accepted for the official SDKs; no effect")
    .action(async (_flags: unknown, command: Command) => {
      const { rpc } = await import("./rpc.ts");
      finish(await rpc(command.optsWithGlobals<GlobalFlags>()));
    });
}

function addMcp(program: Command, finish: Finish): void {
  program
    .command("mcp")
    .description("serve MCP on standard input and output, for clients without remote servers")
    .action(async (_flags: unknown, command: Command) => {
      const { mcp } = await import("./mcp.ts");
      finish(await mcp(command.optsWithGlobals<GlobalFlags>()));
    });
}

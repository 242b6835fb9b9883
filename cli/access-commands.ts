import { type Command, Option } from "commander";
import type { AuditFlags } from "./audit.ts";
import { collect, lifetimeSeconds, positiveNumber, wholeNumber } from "./flag-values.ts";
import type { GlobalFlags } from "./global-flags.ts";
import type { Finish } from "./program.ts";
import type { ShareFlags, TokenFlags } from "./tokens.ts";

/** Declares `rkat tokens`, `rkat audit` and `rkat sessions share`. */
export function addAccessCommands(program: Command, sessions: Command, finish: Finish): void {
  addTokens(program, finish);
  addAudit(program, finish);
  sessions
    .command("share <session>")
    .description("print a link that shows this session, and nothing else, to whoever opens it")
    .option("--after <seq>", "show only what comes after this event", wholeNumber, 0)
    .option("--redact-tools", "leave out what tools were called with and answered")
    .option("--expires-in <time>", "such as 12h or 30d; 7d unless given", lifetimeSeconds)
    .addOption(jsonOption())
    .action(async (session: string, _flags: unknown, command: Command) => {
      const { shareSession } = await import("./tokens.ts");
      finish(await shareSession(session, command.optsWithGlobals<ShareFlags>()));
    });
}

function addTokens(program: Command, finish: Finish): void {
  const tokens = program.command("tokens").description("who may do what in the realm");
  tokens
    .command("create")
    .description("create an access token and print it, this once")
    .option("--name <text>", "what it is for")
    .option("--scope <name>", "read, run or admin (repeatable); read and run unless given", collect)
    .option("--expires-in <time>", "such as 12h or 90d; never unless given", lifetimeSeconds)
    .option("--label <key=value>", "only sessions with this label (repeatable)", collect, [])
    .option("--max-turns <count>", "turns it may run at once", positiveNumber)
    .option("--turns-per-minute <count>", "turns it may start in a minute", positiveNumber)
    .option("--origin <url>", "only pages of this origin (repeatable)", collect)
    .addOption(jsonOption())
    .action(async (_flags: unknown, command: Command) => {
      const { createToken } = await import("./tokens.ts");
      finish(await createToken(command.optsWithGlobals<TokenFlags>()));
    });
  tokens
    .command("list")
    .description("list access tokens and shares, newest first")
    .addOption(jsonOption())
    .action(async (_flags: unknown, command: Command) => {
      const { listTokens } = await import("./tokens.ts");
      finish(await listTokens(command.optsWithGlobals<TokenFlags>()));
    });
  tokens
    .command("self")
    .description("tell what the token in use allows")
    .addOption(jsonOption())
    .action(async (_flags: unknown, command: Command) => {
      const { showSelf } = await import("./tokens.ts");
      finish(await showSelf(command.optsWithGlobals<TokenFlags>()));
    });
  tokens
    .command("revoke <id>")
    .description("end an access token or a share")
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { revokeToken } = await import("./tokens.ts");
      finish(await revokeToken(id, command.optsWithGlobals<GlobalFlags>()));
    });
}

function addAudit(program: Command, finish: Finish): void {
  const audit = program.command("audit").description("who did what in the realm");
  audit
    .command("list")
    .description("print the newest entries")
    .option("--limit <count>", "how many", positiveNumber, 50)
    .option("--before <seq>", "only older ones than this", positiveNumber)
    .addOption(jsonOption())
    .action(async (_flags: unknown, command: Command) => {
      const { listAudit } = await import("./audit.ts");
      finish(await listAudit(command.optsWithGlobals<AuditFlags>()));
    });
  audit
    .command("verify")
    .description("check that no entry was changed or taken out; exits with 1 if one was")
    .action(async (_flags: unknown, command: Command) => {
      const { verifyAudit } = await import("./audit.ts");
      finish(await verifyAudit(command.optsWithGlobals<GlobalFlags>()));
    });
}

function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

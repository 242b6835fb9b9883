import type { Command } from "commander";

/** What each command is typically asked, by its name without `rkat`. */
const examples: Readonly<Record<string, readonly string[]>> = {
  "": [
    'rkat "What is the capital of France?"',
    'rkat continue "Now explain it in more detail"',
    "rkat sessions list",
    "rkat doctor",
  ],
  run: [
    'rkat run --model claude-opus-4-6 "Hello"',
    'git diff | rkat run "Review this"',
    'rkat run --json --label team=infra "Summarise the incident"',
    'tail -f app.log | rkat run --stdin lines "Tell me about errors in what follows"',
  ],
  resume: ['rkat resume last "Keep going"', 'rkat resume ~2 "Go back to this one"'],
  continue: ['rkat c "Keep going"'],
  watch: ["rkat watch last", "rkat watch 019c8b99 --after 0 --json"],
  sessions: ["rkat sessions list --limit 10", "rkat sessions show last"],
  "sessions list": [
    "rkat sessions list --limit 10 --offset 20 --label team=infra",
    "rkat sessions list --json | jq -r '.[].session_id'",
  ],
  "sessions show": ["rkat sessions show last", "rkat sessions show 01936f8a"],
  "sessions delete": ["rkat sessions delete ~2"],
  "sessions interrupt": ["rkat sessions interrupt last"],
  "sessions fork": ["rkat sessions fork last --at 4 --label try=second"],
  "sessions rewind": ["rkat sessions rewind last --turns 2"],
  "sessions share": ["rkat sessions share last"],
  tokens: ["rkat tokens list"],
  "tokens create": ["rkat tokens create --name ci --scope run --expires-in 90d"],
  "tokens list": ["rkat tokens list"],
  "tokens self": ["rkat tokens self --json"],
  "tokens revoke": ["rkat tokens revoke <id>"],
  audit: ["rkat audit list", "rkat audit verify"],
  "audit list": ["rkat audit list"],
  "audit verify": ["rkat audit verify"],
  usage: ["rkat usage", "rkat usage --by label:team --from 2026-11-01"],
  realms: ["rkat realms list", "rkat realms create team-alpha"],
  "realms current": ["rkat realms current"],
  "realms list": ["rkat realms list"],
  "realms show": ["rkat realms show team-alpha"],
  "realms create": ["rkat realms create team-alpha --backend sqlite"],
  "realms delete": ["rkat realms delete team-alpha --force"],
  "realms prune": ["rkat realms prune --isolated-only --older-than-hours 48"],
  "realms repair": ["rkat realms repair team-alpha --from-file ids.txt"],
  config: ["rkat config get", "rkat config history"],
  "config get": ["rkat config get --format json --with-generation"],
  "config set": [`rkat config set --json '{"agent": {"model": "gpt-5.2"}}'`],
  "config patch": [
    `rkat config patch --json '{"budget": {"max_tokens": 50000}}' --expected-generation 3`,
  ],
  "config history": ["rkat config history --limit 5"],
  "config restore": ["rkat config restore 3"],
  auth: ["rkat auth set openai", "rkat auth status"],
  "auth set": ["rkat auth set openai --from-env OPENAI_API_KEY"],
  "auth list": ["rkat auth list"],
  "auth status": ["rkat auth status --json"],
  "auth test": ["rkat auth test openai"],
  "auth delete": ["rkat auth delete openai"],
  "auth rotate": ["rkat auth rotate"],
  models: ["rkat models", "rkat models --json"],
  "models catalog": ["rkat models catalog | jq '.providers[].provider'"],
  capabilities: ["rkat capabilities"],
  serve: ["rkat serve --port 8080", "RKAT_ADMIN_TOKEN=… rkat serve --host 0.0.0.0"],
  rpc: ["rkat rpc --realm team-alpha"],
  mcp: ["rkat mcp --realm team-alpha"],
  login: [
    "rkat login https://agents.example.com",
    "rkat login https://agents.example.com --profile work --realm team-alpha < token.txt",
  ],
  logout: ["rkat logout --profile work"],
  profiles: ["rkat profiles", "rkat profiles use local"],
  "profiles use": ["rkat profiles use work"],
  doctor: ["rkat doctor", "rkat doctor --profile work"],
  init: ["rkat init my-agents --name my-agents"],
  completion: ['eval "$(rkat completion bash)"'],
};

/** Shows at the end of each command's help how it is used, and after its errors where that help is. */
export function addHelp(command: Command, name = ""): void {
  const path = name === "" ? "rkat" : `rkat ${name}`;
  command.showHelpAfterError(`\`${path} --help\` tells more.`);
  const lines = examples[name];
  if (lines)
    command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}\n`).join("")}`);
  for (const child of command.commands) {
    addHelp(child, name === "" ? child.name() : `${name} ${child.name()}`);
  }
}

// Run as `node worker/console/pictures.node.ts`: makes the pictures of the documentation.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../cli/package-root.ts";
import * as anthropic from "../../durable-objects/providers/wire/anthropic.ts";
import { dialects } from "../../durable-objects/providers/wire/dialects.ts";
import { type Chunk, type Reply, wire } from "../../durable-objects/providers/wire/script.ts";
import { startWire } from "../../durable-objects/providers/wire/server.node.ts";
import { ConsoleUnderTest } from "./browser.node.ts";

const admin = "pictures-admin-token";
const realm = "acme";
const KEY = "pictures";
const model = "claude-opus-5";
const folder = join(packageRoot, "docs", "pictures");

const others = [
  ["Summarise the interviews with the first customers", { team: "product" }],
  ["Which of our dependencies are no longer maintained?", { team: "platform" }],
  ["Nightly triage of alerts", { team: "infra", priority: "high" }],
  ["Draft the release notes for 0.1", { team: "docs" }],
  ["Why did the import of Tuesday take nine hours?", { team: "data" }],
  ["Review the payments migration", { team: "payments", priority: "high" }],
] as const;

const answer = `Three of the four checks pass. The fourth, **row counts**, differs by 212:

| Table | Before | After |
|---|---|---|
| payments | 1,204,118 | 1,204,118 |
| refunds | 31,902 | 31,690 |

The missing refunds were written while the copy ran. Copy them again before the switch:

\`\`\`sql
INSERT INTO refunds_next
SELECT * FROM refunds WHERE created_at >= '2026-11-22T09:40Z';
\`\`\`

I will look at the`;

const whole = (...frames: string[]): Reply => ({ chunks: [{ data: frames.join("") }] });

/** An answer that is still being given when the picture is taken. */
function unfinished(text: string): Reply {
  const frames = dialects.anthropic.thinks("Counts differ for refunds only, so…", text);
  const chunks: Chunk[] = [{ data: frames.slice(0, -3).join("") }];
  return {
    chunks: [...chunks, { data: anthropic.messageEnd("end_turn").join(""), gate: "never" }],
  };
}

const vendor = await startWire();
const script = wire(vendor.url);
const calls = dialects.anthropic.calls([
  { id: "call_1", name: "datetime", args: { time_zone: "Europe/Zurich" } },
]);
const note = "In **three hours**, at 22:00 Zurich time. What should be checked before?";
await script.script(KEY, [
  ...others.map(() => whole(...dialects.anthropic.says("Done."))),
  whole(...calls),
  whole(...dialects.anthropic.says(note)),
  unfinished(answer),
]);
const under = await ConsoleUnderTest.start({
  RKAT_ADMIN_TOKEN: admin,
  ANTHROPIC_API_KEY: "sk-ant-pictures",
  ANTHROPIC_BASE_URL: script.base(KEY),
});

const start = (title: string, labels: object, prompt: string) =>
  under.api<{ session_id: string }>(admin, `/realms/${realm}/sessions`, {
    body: { prompt, model, enable_builtins: true, labels: { title, ...labels } },
  });

for (const [title, labels] of others) await start(title, labels, title);
const { session_id: id } = await start(
  "Switch the payments database",
  { team: "payments", env: "production" },
  "We switch the payments database tonight at ten. How long is that from now?",
);
const unanswered = under.api(admin, `/realms/${realm}/sessions/${id}/messages`, {
  body: { prompt: "Row counts, checksums, indexes, replication lag. Run them and tell me." },
});
// It is still unanswered when the server stops.
unanswered.catch(() => undefined);

await mkdir(folder, { recursive: true });
for (const theme of ["light", "dark"] as const) {
  for (const [name, width, height] of [
    ["desktop", 1280, 800],
    ["phone", 390, 844],
  ] as const) {
    const page = await under.visit({ token: admin, realm, theme, width, height });
    await page.getByRole("link", { name: /Switch the payments/ }).waitFor();
    if (name === "desktop") {
      await page.screenshot({ path: join(folder, `sessions-${name}-${theme}.png`) });
    }
    await page.getByRole("link", { name: /Switch the payments/ }).click();
    await page.getByText("I will look at").waitFor();
    await page.screenshot({ path: join(folder, `session-${name}-${theme}.png`) });
    await page.close();
  }
}
await under.stop();
await vendor.close();

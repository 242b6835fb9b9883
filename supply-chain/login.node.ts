import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// `npm run deploy` begins with this: without it, one who is not logged in learns so after the build, at length.

const root = fileURLToPath(new URL("..", import.meta.url));
const wrangler = join(root, "node_modules", "wrangler", "bin", "wrangler.js");

// A token in the environment is what CI has; Cloudflare will say whether it is a good one.
if (!process.env["CLOUDFLARE_API_TOKEN"]) {
  const { stdout } = spawnSync(process.execPath, [wrangler, "whoami", "--json"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  if (/"loggedIn":\s*false/.test(stdout)) {
    console.error(
      "Not logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN (docs/deployment.md)",
    );
    process.exit(1);
  }
}

import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "smol-toml";
import { describe, expect, it, vi } from "vitest";
import { parse as parseYaml } from "yaml";
import * as z from "zod";

// Builds, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const root = fileURLToPath(new URL("..", import.meta.url));
const nowhere = mkdtempSync(join(tmpdir(), "rkat-deployment-"));

/** What wrangler does not pass on from the top to an environment. */
const own = ["vars", "durable_objects", "ratelimits", "kv_namespaces", "r2_buckets", "d1_databases"]
  .concat(["services", "queues", "ai", "browser", "analytics_engine_datasets", "vectorize"])
  .concat(["send_email", "secrets_store_secrets", "version_metadata", "workflows"]);

const settings = z
  .looseObject({
    compatibility_date: z.string(),
    migrations: z.array(z.looseObject({ new_sqlite_classes: z.array(z.string()).optional() })),
    env: z.record(z.string(), z.record(z.string(), z.unknown())),
  })
  .parse(parse(readFileSync(join(root, "wrangler.toml"), "utf8")));

/** The names that a section binds, whatever they are bound to. */
function namesIn(section: unknown): string[] {
  return [...JSON.stringify(section ?? {}).matchAll(/"(?:name|binding)":"([^"]+)"/g)]
    .map(([, name = ""]) => name)
    .toSorted();
}

describe("wrangler.toml", () => {
  it("asks for SQLite objects on a platform that is new enough", () => {
    expect(settings.compatibility_date >= "2026-10-01").toBe(true);
    expect(settings.migrations[0]?.new_sqlite_classes).toEqual(["SessionObject", "RealmObject"]);
  });

  it.each(Object.entries(settings.env))("gives %s all that production has", (_name, env) => {
    for (const section of own) {
      expect(namesIn(env[section]), section).toEqual(namesIn(settings[section]));
    }
    const keys = (vars: unknown) => Object.keys(z.record(z.string(), z.unknown()).parse(vars));
    expect(keys(env["vars"])).toEqual(keys(settings["vars"]));
  });

  it("counts each environment's requests apart", () => {
    const text = readFileSync(join(root, "wrangler.toml"), "utf8");
    const ids = [...text.matchAll(/^namespace_id = "(\d+)"/gm)].map(([, id]) => id);

    expect(new Set(ids).size).toBe(ids.length);
  });

  // Production is built by `npm run build`.
  it.each(Object.keys(settings.env))("is deployable to %s", async (name) => {
    const wrangler = join(root, "node_modules", "wrangler", "bin", "wrangler.js");
    const args = [wrangler, "deploy", "--dry-run", "--env", name, "--outdir", join(nowhere, name)];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      cwd: root,
      env,
    });

    expect(stdout).toContain("--dry-run: exiting now.");
    expect(stderr).not.toContain("WARNING");
  });
});

describe("npm run deploy", () => {
  it("says in one sentence that nobody is logged in", () => {
    const { CLOUDFLARE_API_TOKEN: _token, ...env } = process.env;
    const script = join(root, "supply-chain", "login.node.ts");
    const home = { HOME: nowhere, XDG_CONFIG_HOME: nowhere };
    const { status, stderr } = spawnSync(process.execPath, [script], {
      env: { ...env, ...home },
      encoding: "utf8",
    });

    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/^Not logged in to Cloudflare: run `npx wrangler login`/),
    ]);
  });
});

const manifest = z
  .object({
    scripts: z.record(z.string(), z.string()),
    cloudflare: z.object({ bindings: z.record(z.string(), z.object({ description: z.string() })) }),
  })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

const Workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      steps: z.array(z.object({ run: z.string().optional() })),
      "timeout-minutes": z.int(),
    }),
  ),
});

describe("the workflows of GitHub Actions", () => {
  const folder = join(root, ".github", "workflows");

  it.each(readdirSync(folder))(
    "%s only reads the repository, ends, and runs what there is",
    (file) => {
      const workflow = Workflow.parse(parseYaml(readFileSync(join(folder, file), "utf8")));
      const runs = Object.values(workflow.jobs).flatMap(({ steps }) =>
        steps.map(({ run = "" }) => run),
      );
      const scripts = runs.flatMap((run) => /^npm run ([\w:]+)/.exec(run)?.[1] ?? []);

      expect(workflow.permissions).toEqual({ contents: "read" });
      expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(scripts));
      // What comes from outside reaches a shell by its environment only.
      expect(runs.join("\n")).not.toContain("${{");
    },
  );
});

describe("the deploy button", () => {
  it("asks for secrets that it explains, and suggests no value for any", () => {
    const example = readFileSync(join(root, ".dev.vars.example"), "utf8");
    const asked = [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)];

    expect(asked.map(([, name]) => name)).toContain("RKAT_ADMIN_TOKEN");
    for (const [, name = "", value] of asked) {
      expect(manifest.cloudflare.bindings).toHaveProperty(name);
      expect(value).toBe('""');
    }
  });
});

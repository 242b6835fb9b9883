import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import * as z from "zod";
import { packageRoot } from "../package-root.ts";

const WranglerToml = z.object({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  durable_objects: z.object({
    bindings: z.array(z.object({ name: z.string(), class_name: z.string() })),
  }),
});

/** What the Worker is on Cloudflare, read from the same file, so that a laptop runs the same thing. */
export type WranglerSettings = z.infer<typeof WranglerToml>;

export function readWranglerSettings(): WranglerSettings {
  return WranglerToml.parse(parse(readFileSync(join(packageRoot, "wrangler.toml"), "utf8")));
}

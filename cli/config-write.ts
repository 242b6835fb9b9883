import { readFileSync } from "node:fs";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { UsageError } from "./usage-error.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat config set` and `rkat config patch`. */
export interface ConfigWriteFlags extends GlobalFlags {
  json?: string;
  toml?: string;
  expectedGeneration?: number;
}

/** Writes the realm's config, from a file or from the command line, and prints its new generation. */
export async function writeConfig(
  verb: "set" | "patch",
  file: string | undefined,
  { json, toml, expectedGeneration, ...flags }: ConfigWriteFlags,
): Promise<number> {
  const document = await readDocument(file, json, toml);
  const expected = expectedGeneration === undefined ? {} : { expectedGeneration };
  return await withClient(flags, async ({ client }) => {
    try {
      const { generation } =
        verb === "set"
          ? await client.setConfig(document, expected)
          : await client.patchConfig(document, expected);
      process.stdout.write(`generation=${String(generation)}\n`);
      return exitCodes.ok;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const told = reason.replace(/^Generation conflict/, "generation conflict");
      throw new Error(`Failed to ${verb} config: ${told}`, { cause });
    }
  });
}

async function readDocument(
  file: string | undefined,
  json: string | undefined,
  toml: string | undefined,
): Promise<Record<string, unknown>> {
  const given = [file, json, toml].filter((source) => source !== undefined);
  if (given.length !== 1) throw new UsageError("give the config once: FILE, --json or --toml");
  const text = file === undefined ? (json ?? toml ?? "") : readFileSync(file, "utf8");
  const isToml = toml !== undefined || file?.endsWith(".toml") === true;
  const document = isToml ? (await import("smol-toml")).parse(text) : parseJson(text);
  if (typeof document === "object" && document !== null && !Array.isArray(document)) {
    return { ...document };
  }
  throw new UsageError("the config must be an object");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("the config is not valid JSON");
  }
}

import { readFileSync } from "node:fs";
import type { ConfigEnvelope, MeerkatClient } from "../sdk/index.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { print, tell } from "./print.ts";
import { UsageError } from "./usage-error.ts";
import { withClient } from "./with-client.ts";

/** The flag of every command that writes the config. */
export interface ConditionalFlags extends GlobalFlags {
  expectedGeneration?: number;
}

/** The flags of `rkat config set` and `rkat config patch`. */
export interface ConfigWriteFlags extends ConditionalFlags {
  json?: string;
  toml?: string;
}

/** Writes the realm's config, from a file or from the command line, and prints its new generation. */
export async function writeConfig(
  verb: "set" | "patch",
  file: string | undefined,
  { json, toml, ...flags }: ConfigWriteFlags,
): Promise<number> {
  const document = await readDocument(file, json, toml);
  return await write(verb, flags, (client, expected) =>
    verb === "set" ? client.setConfig(document, expected) : client.patchConfig(document, expected),
  );
}

/** Brings an older generation of the config back, and prints the new one that this makes. */
export async function restoreConfig(generation: number, flags: ConditionalFlags): Promise<number> {
  return await write("restore", flags, (client, expected) =>
    client.restoreConfig(generation, expected),
  );
}

async function write(
  verb: string,
  { expectedGeneration, ...flags }: ConditionalFlags,
  change: (
    client: MeerkatClient,
    expected: { expectedGeneration: number | undefined },
  ) => Promise<ConfigEnvelope>,
): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    try {
      const written = await change(client, { expectedGeneration });
      print(`generation=${String(written.generation)}`);
      note("No effect on this deployment", written.ineffectiveKeys);
      note("Secrets that are gone and must be set again", written.lostSecrets);
      return exitCodes.ok;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const told = reason.replace(/^Generation conflict/, "generation conflict");
      throw new Error(`Failed to ${verb} config: ${told}`, { cause });
    }
  });
}

function note(what: string, keys: readonly string[] = []): void {
  if (keys.length > 0) tell(`${what}: ${keys.join(", ")}`);
}

async function readDocument(
  file: string | undefined,
  json: string | undefined,
  toml: string | undefined,
): Promise<Record<string, unknown>> {
  const given = [file, json, toml].filter((source) => source !== undefined);
  if (given.length !== 1) throw new UsageError("give the config once: FILE, --json or --toml");
  const text = file === undefined ? (json ?? toml ?? "") : readText(file);
  const isToml = toml !== undefined || file?.endsWith(".toml") === true;
  const document = isToml ? await parseToml(text) : parseJson(text);
  if (typeof document === "object" && document !== null && !Array.isArray(document)) {
    return { ...document };
  }
  throw new UsageError("the config must be an object");
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`the config cannot be read: ${reason}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("the config is not valid JSON");
  }
}

async function parseToml(text: string): Promise<unknown> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new UsageError(`the config is not valid TOML: ${error.message.trimEnd()}`);
  }
}

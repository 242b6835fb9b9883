import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { UsageError } from "./usage-error.ts";

/** Reads a secret from a variable, else from the terminal without showing it, else from standard input. */
export async function readSecret(what: string, variable: string | undefined): Promise<string> {
  const secret = await readFrom(what, variable);
  if (secret === "") throw new UsageError(`no ${what} was given`);
  return secret;
}

async function readFrom(what: string, variable: string | undefined): Promise<string> {
  if (variable !== undefined) {
    const value = process.env[variable];
    if (value) return value;
    throw new UsageError(`the environment variable ${variable} is not set`);
  }
  return process.stdin.isTTY ? await askHidden(what) : (await text(process.stdin)).trim();
}

async function askHidden(what: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const left = new AbortController();
  terminal.once("SIGINT", () => left.abort());
  terminal.once("close", () => left.abort());
  process.stderr.write(`${what} (not shown): `);
  try {
    return (await terminal.question("", { signal: left.signal })).trim();
  } catch {
    return "";
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}

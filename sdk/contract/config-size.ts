import { AppError } from "./errors.ts";
import { containers } from "./nesting.ts";

/** Most bytes of a config document as JSON; a patch may be as large. */
const MAX_CONFIG_BYTES = 256 * 1024;
const MAX_DEPTH = 32;
const MAX_KEY_CHARS = 256;

/** Names that mean something to JavaScript's objects and nothing to a config. */
const refusedKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Checks that a document is small enough to be kept, before anything walks it.
 * @throws {AppError} `PAYLOAD_TOO_LARGE`; `INVALID_PARAMS` for nesting and for names of keys
 */
export function checkConfigSize(document: unknown): void {
  checkStructure(document);
  const bytes = new TextEncoder().encode(JSON.stringify(document)).byteLength;
  if (bytes <= MAX_CONFIG_BYTES) return;
  const message = `The config may take ${MAX_CONFIG_BYTES / 1_024} KiB as JSON, this one takes ${bytes} bytes`;
  throw new AppError("PAYLOAD_TOO_LARGE", message, { max_bytes: MAX_CONFIG_BYTES, bytes });
}

function checkStructure(document: unknown): void {
  for (const { value, depth } of containers(document)) {
    if (depth >= MAX_DEPTH) {
      const message = `Invalid config: it is nested deeper than ${MAX_DEPTH} levels`;
      throw new AppError("INVALID_PARAMS", message, { max_depth: MAX_DEPTH });
    }
    if (!Array.isArray(value)) for (const key of Object.keys(value)) checkKey(key);
  }
}

function checkKey(key: string): void {
  if (refusedKeys.has(key)) {
    const message = `Invalid config: a key must not be named '${key}'`;
    throw new AppError("INVALID_PARAMS", message, { key, refused: [...refusedKeys] });
  }
  if (key.length <= MAX_KEY_CHARS) return;
  const shown = `${key.slice(0, 32)}…`;
  const message = `Invalid config: the key '${shown}' is longer than ${MAX_KEY_CHARS} characters`;
  throw new AppError("INVALID_PARAMS", message, { key: shown, max_chars: MAX_KEY_CHARS });
}

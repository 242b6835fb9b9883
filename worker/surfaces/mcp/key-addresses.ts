import { AppError, keyPath } from "../../../sdk/contract/index.ts";
import type { Json } from "./tool.ts";

const ADDRESSES: ReadonlySet<string> = new Set(["base_url", "base_urls"]);

/**
 * Refuses to change where keys are sent: whoever talks a model into that is sent them. An address that the
 * config has in the same place may pass, so that what was read can be written back, and so may null.
 * @param args a document or patch of the config, by the name of its argument
 * @param current the config's document
 * @throws {AppError} `INVALID_PARAMS` that names the keys
 */
export function checkAddresses(args: Json, current: Json): void {
  const named = Object.values(args).flatMap((value) => Array.from(addressesIn(value, [], false)));
  const known = new Map(addressesIn(current, [], false));
  const keys = named.filter(([key, value]) => known.get(key) !== value).map(([key]) => key);
  if (keys.length === 0) return;
  const message = `A model must not change where keys are sent, and this sets ${keys[0]}: a person does, with 'rkat config patch' or config/patch over REST or JSON-RPC`;
  throw new AppError("INVALID_PARAMS", message, { keys, use: ["config/patch"] });
}

function* addressesIn(
  value: unknown,
  path: readonly string[],
  isAddress: boolean,
): Generator<[key: string, value: unknown]> {
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield* addressesIn(inner, [...path, key], isAddress || ADDRESSES.has(key));
    }
  } else if (isAddress && value !== null) yield [keyPath(path), value];
}

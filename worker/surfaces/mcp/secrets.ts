import { AppError, isSecretKey, keyPath, REDACTED } from "../../../sdk/contract/index.ts";
import type { Json } from "./tool.ts";

/**
 * Refuses arguments that hold a secret: what a model is given or gives stands in its context and in
 * its provider's logs. A mark of one that is there already may pass, and so may null, which removes it.
 * @throws {AppError} `INVALID_PARAMS` that names the keys, and where they are to be set
 */
export function checkNoSecrets(args: Json): void {
  const keys = Object.values(args).flatMap((value) => Array.from(secretsIn(value, [], false)));
  if (keys.length === 0) return;
  const message = `A model must not handle secrets, and this sets ${keys[0]}: a person sets provider keys with 'rkat auth set' or credentials/set, and others with 'rkat config patch' or config/patch over REST or JSON-RPC`;
  throw new AppError("INVALID_PARAMS", message, { keys, use: ["credentials/set", "config/patch"] });
}

function* secretsIn(value: unknown, path: readonly string[], isSecret: boolean): Generator<string> {
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield* secretsIn(inner, [...path, key], isSecret || isSecretKey(key));
    }
  } else if (isSecret && (typeof value === "string" || typeof value === "number")) {
    if (value !== REDACTED) yield keyPath(path);
  }
}

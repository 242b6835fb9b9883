/** What a reader sees in place of a secret; written back, it means "unchanged" (contract 8.3). */
const REDACTED = "[redacted]";

const secretKeys = new Set(["api_key", "api_keys", "token", "secret", "password"]);

/** The document as anyone may see it: secrets never leave (design 6). */
export function redacted(value: unknown, isSecret = false): unknown {
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        redacted(inner, isSecret || secretKeys.has(key)),
      ]),
    );
  }
  return isSecret && typeof value === "string" ? REDACTED : value;
}

/** A document to be written, with what was redacted for its writer put back from the present one. */
export function withSecrets(next: unknown, present: unknown): unknown {
  if (next === REDACTED) return typeof present === "string" ? present : next;
  if (!isObject(next)) return next;
  const known = isObject(present) ? present : {};
  return Object.fromEntries(
    Object.entries(next).map(([key, inner]) => [key, withSecrets(inner, known[key])]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { isSecretKey, keyPath, REDACTED, shownAddress } from "../../sdk/contract/index.ts";

/** The document as anyone may see it: secrets never leave (design 6). */
export function redacted(value: unknown, isSecret = false): unknown {
  if (Array.isArray(value)) return value.map((item) => redacted(item, isSecret));
  if (isObject(value)) {
    return mapped(value, (key, inner) => redacted(inner, isSecret || isSecretKey(key)));
  }
  if (isSecret) return typeof value === "string" || typeof value === "number" ? REDACTED : value;
  return typeof value === "string" ? shownAddress(value) : value;
}

/** Whether anything on the way to a key makes its value a secret. */
export function isSecretPath(path: readonly PropertyKey[]): boolean {
  return path.some((key) => typeof key === "string" && isSecretKey(key));
}

/**
 * A document to be written, with what was redacted for its writer put back from the present one. A mark
 * that stands for nothing is left out and its path is `lost`.
 */
export function withSecrets(next: unknown, present: unknown): { value: unknown; lost: string[] } {
  const lost: string[] = [];
  const value = returned(next, present, { path: [], isSecret: false, lost });
  return { value, lost };
}

interface Place {
  path: readonly string[];
  isSecret: boolean;
  lost: string[];
}

function returned(next: unknown, present: unknown, place: Place): unknown {
  const { path, isSecret, lost } = place;
  if (Array.isArray(next)) {
    const items = next.map((item, index) =>
      returned(item, counterpart(item, index, present), { ...place, path: [...path, `${index}`] }),
    );
    return items.filter((item) => item !== undefined);
  }
  if (isObject(next)) {
    const known = isObject(present) ? present : {};
    return mapped(next, (key, inner) =>
      returned(inner, Object.hasOwn(known, key) ? known[key] : undefined, {
        path: [...path, key],
        isSecret: isSecret || isSecretKey(key),
        lost,
      }),
    );
  }
  if (!(isSecret ? next === REDACTED : isShownAddress(next))) return next;
  if (redacted(present, isSecret) === next) return present;
  lost.push(keyPath(path));
  return undefined;
}

/** The item of the present list that was shown so; lists are reordered and shortened between read and write. */
function counterpart(item: unknown, index: number, present: unknown): unknown {
  if (!Array.isArray(present)) return undefined;
  if (!isObject(item)) return present[index];
  const shown = JSON.stringify(item);
  return present.find(
    (candidate: unknown) =>
      JSON.stringify(redacted(candidate)) === shown ||
      (isObject(candidate) && candidate.name !== undefined && candidate.name === item.name),
  );
}

/** Whether a text is an address in which a mark stands for a secret. */
function isShownAddress(value: unknown): boolean {
  if (typeof value !== "string" || !value.includes(REDACTED) || !URL.canParse(value)) return false;
  return shownAddress(value) === value;
}

function mapped(
  object: Record<string, unknown>,
  change: (key: string, inner: unknown) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(object).map(([key, inner]) => [key, change(key, inner)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

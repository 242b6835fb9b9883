import type { Document } from "./json-text.ts";

/** A key that is not the same in two documents; what one of them lacks is `undefined`. */
export interface Change {
  path: readonly string[];
  from: unknown;
  to: unknown;
}

/** What turns one document into another, as a JSON Merge Patch (RFC 7396). What is alike is not in it. */
export function patchBetween(from: Document, to: Document): Document {
  const patch: [string, unknown][] = [];
  for (const key of Object.keys(from)) {
    // Null stands for a key that is not there, in a patch and in a whole config.
    if (lacks(to, key) && !lacks(from, key)) patch.push([key, null]);
  }
  for (const [key, value] of Object.entries(to)) {
    if (value === null) continue;
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isSame(before, value)) continue;
    const isDeep = isDocument(before) && isDocument(value);
    patch.push([key, isDeep ? patchBetween(before, value) : value]);
  }
  return Object.fromEntries(patch);
}

/** A document with a merge patch applied. */
export function patched(document: Document, patch: Document): Document {
  const removed = new Set(Object.keys(patch).filter((key) => patch[key] === null));
  const kept = Object.entries(document).filter(([key]) => !removed.has(key));
  const written = Object.entries(patch)
    .filter(([key]) => !removed.has(key))
    .map(([key, value]) => {
      if (!isDocument(value)) return [key, value] as const;
      const before = Object.hasOwn(document, key) ? document[key] : undefined;
      return [key, patched(isDocument(before) ? before : {}, value)] as const;
    });
  return Object.fromEntries([...kept, ...written]);
}

/** The keys in which two documents differ; lists are compared as a whole. */
export function changesBetween(from: unknown, to: unknown, path: readonly string[] = []): Change[] {
  if (isSame(from, to)) return [];
  const isInner = (value: unknown) => value === undefined || isDocument(value);
  const hasKeys = [from, to].some((value) => isDocument(value) && Object.keys(value).length > 0);
  if (!isInner(from) || !isInner(to) || !hasKeys) return [{ path, from, to }];
  const [before, after] = [isDocument(from) ? from : {}, isDocument(to) ? to : {}];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const at = (document: Document) => (Object.hasOwn(document, key) ? document[key] : undefined);
    return changesBetween(at(before), at(after), [...path, key]);
  });
}

/** The value at a path. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (isDocument(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    document,
  );
}

/** Whether two JSON values say the same; the order of keys says nothing. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** A value with its keys in order, so that texts of it can be compared. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isDocument(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}

function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lacks(document: Document, key: string): boolean {
  return !Object.hasOwn(document, key) || document[key] === null;
}

import { keyPath } from "../../sdk/contract/index.ts";

/** Paths of what differs between two documents, sorted: the deepest keys that both have, else their owner. */
export function changedKeys(before: unknown, after: unknown): string[] {
  return [...differences(before, after, [])].toSorted();
}

function* differences(before: unknown, after: unknown, path: readonly string[]): Generator<string> {
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* differences(own(before, key), own(after, key), [...path, key]);
    }
  } else if (isObject(after) && before === undefined && Object.keys(after).length > 0) {
    yield* differences({}, after, path);
  } else if (isObject(before) && after === undefined && Object.keys(before).length > 0) {
    yield* differences(before, {}, path);
  } else if (JSON.stringify(before) !== JSON.stringify(after)) {
    yield keyPath(path);
  }
}

function own(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

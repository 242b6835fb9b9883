import { AppError } from "./errors.ts";

/** Levels of objects and arrays in what a client sends: more than any schema of a tool has. */
const MAX_DEPTH = 64;

/**
 * Refuses what is nested so deeply that whoever walks it by recursion would lose their stack: our
 * schemas, JSON.stringify, a vendor. @throws {AppError} `INVALID_PARAMS`
 */
export function checkNesting(value: unknown): void {
  for (const { depth } of containers(value)) {
    if (depth < MAX_DEPTH) continue;
    const message = `Invalid params: nested deeper than ${MAX_DEPTH} levels`;
    throw new AppError("INVALID_PARAMS", message, { max_depth: MAX_DEPTH });
  }
}

/**
 * Refuses a member that our schemas would drop without a word, in a request or in one of its members:
 * what is accepted is kept. @throws {AppError} `INVALID_PARAMS`
 */
export function checkNames(params: unknown): void {
  if (!isContainer(params)) return;
  for (const value of [params, ...Object.values(params)]) {
    if (!isContainer(value) || !Object.hasOwn(value, "__proto__")) continue;
    const message = "Invalid params: a key must not be named '__proto__'";
    throw new AppError("INVALID_PARAMS", message, { key: "__proto__" });
  }
}

/** Every object and array in a value, with how many others it lies in. Not recursive itself. */
export function* containers(value: unknown): Generator<{ value: object; depth: number }> {
  const open = isContainer(value) ? [{ value, depth: 0 }] : [];
  for (let at = open.pop(); at; at = open.pop()) {
    yield at;
    for (const inner of Object.values(at.value)) {
      if (isContainer(inner)) open.push({ value: inner, depth: at.depth + 1 });
    }
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

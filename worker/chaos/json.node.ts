/** Any JSON object. */
export type Json = Record<string, unknown>;

/** A member that should be an object; an empty one if it is none. */
export function inner(value: unknown): Json {
  // Just checked to be an object.
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

/** A member that should be a list of objects; an empty one if it is none. */
export function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(inner) : [];
}

/** Parses what should be an object. */
export function parse(text: string): Json {
  try {
    return inner(JSON.parse(text));
  } catch {
    return {};
  }
}

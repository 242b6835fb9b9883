// A call between objects takes 32 MiB, and a text with one letter outside Latin-1 takes two bytes a
// character: what may be larger goes as a stream, which has no such limit.
const LARGE_CHARS = 8 * 1024 * 1024;

/** A value that crosses between Worker and object: itself, or its JSON as a stream when it is large. */
export type Parcel<Value> = Value | ReadableStream<Uint8Array>;

/** Makes a value ready to cross. */
export function pack<Value>(value: Value): Parcel<Value> {
  if (weight(value) < LARGE_CHARS) return value;
  // A response always has a body here; its stream is one of bytes, as the platform requires.
  return new Response(JSON.stringify(value)).body as ReadableStream<Uint8Array>;
}

/** The value that crossed. */
export async function unpack<Value>(parcel: Parcel<Value>): Promise<Value> {
  return parcel instanceof ReadableStream ? await new Response(parcel).json() : parcel;
}

/** About how many characters a JSON value takes: what its texts hold, and a little for everything in it. */
export function weight(value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 8;
  return Object.entries(value).reduce((sum, [key, part]) => sum + key.length + 2 + weight(part), 2);
}

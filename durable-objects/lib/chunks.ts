// A row must stay below 1 MiB (design B-6); a UTF-16 unit takes at most 3 bytes of UTF-8.
const CHUNK_CHARS = 256 * 1024;

/** Cuts a text into pieces that each fit one row, never through a surrogate pair. */
export function chunks(text: string): string[] {
  if (text.length <= CHUNK_CHARS) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + CHUNK_CHARS, text.length);
    // SQLite stores UTF-8: half a pair would come back as U+FFFD.
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

/** A piece of a text, with what all pieces of one text share. */
export type Part = { key: number; body: string };

/** Puts the texts that were cut over several rows together again, as they come in order. */
export function* joined(parts: Iterable<Part>): Generator<string> {
  let whole: Part | undefined;
  for (const part of parts) {
    if (whole?.key === part.key) whole.body += part.body;
    else {
      if (whole) yield whole.body;
      whole = { ...part };
    }
  }
  if (whole) yield whole.body;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

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

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

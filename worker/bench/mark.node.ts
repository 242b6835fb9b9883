const START = "@".charCodeAt(0);
const INDEX_CHARS = 4;
const TIME_CHARS = 6;
const MARK_CHARS = 1 + INDEX_CHARS + TIME_CHARS;
const LAP = 36 ** TIME_CHARS;

/** Time on the clock that all processes of this machine share. */
function microseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/** The text of one delta: its index and the moment it is sent, about as long as a token and a half. */
export function mark(index: number): string {
  const time = Math.floor(microseconds()) % LAP;
  return `@${base36(index, INDEX_CHARS)}${base36(time, TIME_CHARS)}`;
}

/** Finds the marks in one watcher's stream of bytes, whatever protocol surrounds them. */
export class MarkReader {
  #newest = -1;
  #cut: Buffer | undefined;
  readonly #since = Math.floor(microseconds()) % LAP;

  /**
   * Counts the deltas that are new in a chunk. Repetitions, such as the whole text at the end, do not
   * count; neither does what was sent before this reader was made.
   */
  read(chunk: Buffer, onDelta?: (latencyMs: number) => void): number {
    const bytes = this.#cut ? Buffer.concat([this.#cut, chunk]) : chunk;
    const now = onDelta ? microseconds() : 0;
    let fresh = 0;
    this.#cut = undefined;
    for (let at = bytes.indexOf(START); at !== -1; at = bytes.indexOf(START, at + 1)) {
      if (at + MARK_CHARS > bytes.length) {
        this.#cut = bytes.subarray(at);
        break;
      }
      const index = number36(bytes, at + 1, INDEX_CHARS);
      if (index <= this.#newest) continue;
      const sent = number36(bytes, at + 1 + INDEX_CHARS, TIME_CHARS);
      if (elapsed(this.#since, sent) > LAP / 2) continue;
      this.#newest = index;
      fresh += 1;
      onDelta?.(elapsed(sent, now) / 1e3);
    }
    return fresh;
  }
}

/** Microseconds between two moments of which only the lap is known. */
function elapsed(from: number, to: number): number {
  return ((to % LAP) - from + LAP) % LAP;
}

function base36(value: number, width: number): string {
  return value.toString(36).padStart(width, "0");
}

function number36(bytes: Buffer, start: number, width: number): number {
  let value = 0;
  for (let at = start; at < start + width; at += 1) {
    const code = bytes[at] ?? 0;
    value = value * 36 + (code < 58 ? code - 48 : code - 87);
  }
  return value;
}

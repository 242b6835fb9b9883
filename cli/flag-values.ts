import { InvalidArgumentError } from "commander";
import { UsageError } from "./usage-error.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** For flags that may be given several times. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

/** For flags that count something. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError("It is not a whole number.");
  }
  return Number(text);
}

/** For limits that must leave room for something. */
export function positiveNumber(text: string): number {
  const count = wholeNumber(text);
  if (count === 0) throw new InvalidArgumentError("It must be at least 1.");
  return count;
}

/** For `--port`. */
export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError("A port is at most 65535.");
  return port;
}

/** For times such as `30s`, `5m` or `1h30m`, as milliseconds. */
export function durationMs(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw new InvalidArgumentError("A duration is written like 30s, 5m or 1h30m.");
  }
  return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ""] ?? 0),
    0,
  );
}

/** For lifetimes such as `90d` or `12h`, as seconds. */
export function lifetimeSeconds(text: string): number {
  const [, days] = /^(\d+)d$/.exec(text) ?? [];
  const seconds = days === undefined ? Math.floor(durationMs(text) / 1_000) : Number(days) * 86_400;
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError("It must be at least a second.");
}

/** For flags that carry a JSON object. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Told below, in the same words as for JSON that is no object.
  }
  throw new InvalidArgumentError("It is not a JSON object.");
}

/** Reads repeated `key=value` flags. */
export function keyValues(flag: string, pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new UsageError(`${flag} wants key=value, not '${pair}'`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** A shell has only text; numbers and booleans among provider parameters are meant as such. */
export function scalar(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

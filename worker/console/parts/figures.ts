const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

const units: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago something was; a date after a month. */
export function ago(ms: number, now = Date.now()): string {
  const seconds = Math.round((ms - now) / 1_000);
  if (Math.abs(seconds) > 30 * 86_400) return day.format(ms);
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return unit === "second" ? "just now" : relative.format(Math.round(seconds / length), unit);
}

/** A moment in full. */
export function moment(ms: number): string {
  return day.format(ms);
}

/** A count in a few characters: `12.3K`. */
export function count(value: number): string {
  return value < 10_000 ? value.toLocaleString("en") : compact.format(value);
}

/** Milliseconds as people say them. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return inTwo(seconds, 60, ["min", "s"]);
  return inTwo(Math.round(seconds / 60), 60, ["h", "min"]);
}

function inTwo(amount: number, size: number, [large, small]: [string, string]): string {
  const rest = amount % size;
  return `${Math.floor(amount / size)} ${large}${rest > 0 ? ` ${rest} ${small}` : ""}`;
}

/** US dollars; small sums with as many digits as say something. */
export function dollars(usd: number): string {
  if (usd === 0) return "$0";
  return usd >= 1 ? `$${usd.toFixed(2)}` : `$${usd.toPrecision(2)}`;
}

/** How much is logged: lines of this level and above. */
const levels = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof levels)[number];

/** Facts of a line: ids and numbers, never what anybody wrote or was answered. */
type LogFacts = Record<string, string | number | boolean | null | undefined>;

/**
 * Logs one line of JSON, unless `RKAT_LOG_LEVEL` (by default `info`; `off` for none) asks for less.
 * `event` says which kind of line it is: see docs/observability.md.
 */
export function logLine(
  env: { RKAT_LOG_LEVEL?: string },
  level: LogLevel,
  event: string,
  facts: LogFacts,
): void {
  if (levels.indexOf(level) < lowestOf(env.RKAT_LOG_LEVEL)) return;
  console[level](JSON.stringify({ event, level, ...facts }));
}

function lowestOf(setting: string | undefined): number {
  if (setting === "off") return levels.length;
  const index = levels.findIndex((level) => level === setting);
  return index === -1 ? levels.indexOf("info") : index;
}

import type { SessionSummary } from "../sdk/contract/index.ts";

/** Lays a page of sessions out in columns; labels get one only when a session has some. */
export function sessionTable(sessions: readonly SessionSummary[]): string {
  const labelled = sessions.some(({ labels }) => Object.keys(labels ?? {}).length > 0);
  const header = ["ID", "SESSION_REF", "MESSAGES", "CREATED", "UPDATED"];
  const rows = sessions.map((session) => [
    session.session_id,
    session.session_ref,
    String(session.message_count),
    minute(session.created_at),
    minute(session.updated_at),
    ...(labelled ? [labelText(session.labels)] : []),
  ]);
  return columns([labelled ? [...header, "LABELS"] : header, ...rows]);
}

/** Unix seconds as `YYYY-MM-DD HH:MM` in the user's own time zone. */
export function minute(seconds: number): string {
  const date = new Date(seconds * 1_000);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join("-");
  return `${day} ${[date.getHours(), date.getMinutes()].map(twoDigits).join(":")}`;
}

/** Labels on one line. */
export function labelText(labels: Readonly<Record<string, string>> = {}): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Lays rows out in columns, the first row being the header. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Lays rows out in columns two spaces apart, a line each; the first row is the header. */
export function columns(table: readonly (readonly string[])[]): string {
  // Names and labels are other people's text.
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  const rows = table.map((row) => row.map((cell) => cell.replaceAll(/[\u0000-\u001f]+/g, " ")));
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

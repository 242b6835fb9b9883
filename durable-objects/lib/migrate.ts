/**
 * Brings a Durable Object's database up to date. Migrations are append-only: an object may wake
 * after months with any prefix of the list applied. Writes nothing when there is nothing to do.
 */
export function migrate(storage: DurableObjectStorage, migrations: readonly string[]): void {
  const applied = hasTable(storage.sql, "migrations") ? countApplied(storage.sql) : 0;
  if (applied >= migrations.length) return;

  storage.transactionSync(() => {
    storage.sql.exec("CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY)");
    for (const statements of migrations.slice(applied)) storage.sql.exec(statements);
    // One row however many there were: each is paid for.
    storage.sql.exec("INSERT INTO migrations (id) VALUES (?)", migrations.length - 1);
  });
}

/** Whether the object was ever written to: lets it answer "unknown" without leaving a trace. */
export function hasTable(sql: SqlStorage, name: string): boolean {
  const found = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name);
  return found.toArray().length > 0;
}

function countApplied(sql: SqlStorage): number {
  return sql
    .exec<{ applied: number }>("SELECT coalesce(max(id), -1) + 1 AS applied FROM migrations")
    .one().applied;
}

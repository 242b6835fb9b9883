import type { RealmInfo } from "../sdk/contract/index.ts";
import { columns } from "./columns.ts";
import { minute } from "./session-table.ts";

/** Lays realms out in columns (contract 10.4); ACTIVE counts the sessions that run a turn. */
export function realmTable(realms: readonly RealmInfo[]): string {
  const rows = realms.map(({ realm_id, backend, origin, active_sessions, created_at }) => [
    realm_id,
    backend,
    origin,
    String(active_sessions),
    minute(Number(created_at)),
  ]);
  return columns([["REALM", "BACKEND", "ORIGIN", "ACTIVE", "CREATED_AT"], ...rows]);
}

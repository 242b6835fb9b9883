export type { Deed } from "../durable-objects/realm/audit-log.ts";
export type { RealmHealth } from "../durable-objects/realm/health.ts";
export type { Held } from "../durable-objects/realm/client-grants.ts";
export type { RealmParts } from "../durable-objects/realm/realm-parts.ts";
export { RealmObject } from "../durable-objects/realm/realm.ts";
export type { NewToken, TokenGrant } from "../durable-objects/realm/tokens.ts";
export { SessionObject } from "../durable-objects/session/session.ts";
export { app as default } from "./app.ts";

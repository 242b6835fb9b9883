export type { RealmParts } from "../durable-objects/realm/realm-parts.ts";
export { RealmObject } from "../durable-objects/realm/realm.ts";
export { SessionObject } from "../durable-objects/session/session.ts";
export { app as default } from "./app.ts";

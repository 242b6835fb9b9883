import type { AuditLog } from "./audit-log.ts";
import type { ClientDocuments } from "./client-documents.ts";
import type { ClientGrants } from "./client-grants.ts";
import type { Config } from "./config.ts";
import type { Credentials } from "./credentials.ts";
import type { Deletion } from "./deletion.ts";
import type { Directory } from "./directory.ts";
import type { Health } from "./health.ts";
import type { Handles } from "./handles.ts";
import type { OAuthRecords } from "./oauth-records.ts";
import type { Profile } from "./profile.ts";
import type { Registry } from "./registry.ts";
import type { Repair } from "./repair.ts";
import type { RequestIds } from "./request-ids.ts";
import type { Tickets } from "./tickets.ts";
import type { TurnGate } from "./turn-gate.ts";
import type { Usage } from "./usage.ts";
import type { Tokens } from "./tokens.ts";

/** What a realm's object is made of; each part owns its tables. */
export interface RealmParts {
  profile: Profile;
  config: Config;
  credentials: Credentials;
  directory: Directory;
  repair: Repair;
  deletion: Deletion;
  tickets: Tickets;
  turns: TurnGate;
  tokens: Tokens;
  clientGrants: ClientGrants;
  oauthRecords: OAuthRecords;
  /** Used only in the reserved realm's object. */
  clientDocuments: ClientDocuments;
  audit: AuditLog;
  requestIds: RequestIds;
  handles: Handles;
  /** Used only in the reserved realm's object. */
  registry: Registry;
  usage: Usage;
  health: Health;
}

/** One call of one part's method, as it crosses to the object. */
export type PartCall = {
  [Part in keyof RealmParts]: [
    part: Part,
    method: keyof RealmParts[Part] & string,
    args: readonly unknown[],
  ];
}[keyof RealmParts];

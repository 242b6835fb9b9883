import { partsOf, type Remote, type RemoteParts } from "../../sdk/contract/index.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import type { ForkSource } from "./fork-origin.ts";

/** The other objects that a session talks to, all of its own realm. */
export interface Neighbours {
  realm(realmId: string): RemoteParts<RealmParts>;
  session(realmId: string, sessionId: string): Remote<ForkSource>;
}

/** Reaches them through the deployment's bindings. */
export function neighboursIn({ REALMS, SESSIONS }: Env): Neighbours {
  return {
    realm: (realmId) => partsOf<RealmParts>(REALMS.getByName(realmId)),
    session: (realmId, sessionId) => SESSIONS.getByName(`${realmId}/${sessionId}`),
  };
}

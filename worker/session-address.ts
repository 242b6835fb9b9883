import * as z from "zod";
import { AppError, partsOf, type Remote, type RemoteParts } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";
import type { RealmParts, SessionObject } from "./index.ts";

const Uuid = z.guid();

/** A session as the Worker reaches it: its id, its public reference, and a fresh stub of its object. */
export interface SessionAddress {
  sessionId: string;
  sessionRef: string;
  /** A stub breaks when its object restarts; ask for a new one before each try. */
  stub(): Remote<SessionObject>;
}

/**
 * Finds a session by `<session_id>` or `<realm_id>:<session_id>`. The realm is part of the object's
 * name: a caller of one realm cannot even name another realm's session.
 * @throws {AppError} `INVALID_PARAMS` for anything else.
 */
export function sessionAddress(locator: string, { env, realm }: Caller): SessionAddress {
  const cut = locator.lastIndexOf(":");
  const sessionId = locator.slice(cut + 1).toLowerCase();
  if (!Uuid.safeParse(sessionId).success) {
    const message = `Invalid session locator '${locator}': expected a UUID or <realm_id>:<uuid>`;
    throw new AppError("INVALID_PARAMS", message);
  }
  const named = cut === -1 ? realm : locator.slice(0, cut);
  if (named !== realm) {
    const message = `Invalid session locator '${locator}': it is of realm '${named}', the active realm is '${realm}'`;
    throw new AppError("INVALID_PARAMS", message);
  }
  return {
    sessionId,
    sessionRef: `${realm}:${sessionId}`,
    // See `Remote` for why the binding's own type will not do.
    stub: () => env.SESSIONS.getByName(`${realm}/${sessionId}`) as unknown as Remote<SessionObject>,
  };
}

/** The caller's realm. */
export function realmOf({ env, realm }: Pick<Caller, "env" | "realm">): RemoteParts<RealmParts> {
  return partsOf(env.REALMS.getByName(realm));
}

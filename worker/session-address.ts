import * as z from "zod";
import { AppError, type Remote } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";
import type { RealmObject, SessionObject } from "./index.ts";

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
    stub: () => remote<SessionObject>(env.SESSIONS.getByName(`${realm}/${sessionId}`)),
  };
}

/** The caller's realm. */
export function realmStub({ env, realm }: Pick<Caller, "env" | "realm">): Remote<RealmObject> {
  return remote<RealmObject>(env.REALMS.getByName(realm));
}

function remote<Target>(stub: unknown): Remote<Target> {
  // The binding's class is this class; see `Remote` for why its own type will not do.
  return stub as Remote<Target>;
}

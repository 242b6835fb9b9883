import * as z from "zod";
import { AppError, partsOf, type Remote, type RemoteParts } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";
import { type EventView, eventView } from "./event-view.ts";
import type { RealmParts, SessionObject } from "./index.ts";

const Uuid = z.guid();

type LogPage = Awaited<ReturnType<Remote<SessionObject>["page"]>>;

/** A session as the Worker reaches it: its id, its public reference, and a fresh stub of its object. */
export interface SessionAddress {
  sessionId: string;
  sessionRef: string;
  /** What the caller may see of its events. */
  view: EventView;
  /** A piece of its event log, as the caller may see it. */
  page(after: number, format: "sse" | "json"): Promise<LogPage>;
  /** A stub breaks when its object restarts; ask for a new one before each try. */
  stub(): Remote<SessionObject>;
}

/**
 * Finds a session by `<session_id>` or `<realm_id>:<session_id>`. The realm is part of the object's
 * name: a caller of one realm cannot even name another realm's session.
 * @throws {AppError} `INVALID_PARAMS` for anything else.
 */
export function sessionAddress(locator: string, caller: Caller): SessionAddress {
  const { env, realm } = caller;
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
  const view = eventView(caller);
  // See `Remote` for why the binding's own type will not do.
  const stub = () =>
    env.SESSIONS.getByName(`${realm}/${sessionId}`) as unknown as Remote<SessionObject>;
  return {
    sessionId,
    sessionRef: `${realm}:${sessionId}`,
    view,
    page: async (after, format) => {
      const page = await stub().page(Math.max(after, view.after), format);
      return { ...page, text: view.shown(page.text) };
    },
    stub,
  };
}

/** The caller's realm. */
export function realmOf({ env, realm }: Pick<Caller, "env" | "realm">): RemoteParts<RealmParts> {
  return partsOf(env.REALMS.getByName(realm));
}

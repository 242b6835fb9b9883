import { Hono } from "hono";
import { AppError } from "../../sdk/contract/index.ts";
import type { AppEnv } from "../app-env.ts";
import { stillStands } from "../token-grants.ts";
import { sessionFor } from "../confinement.ts";
import { EventStream } from "./event-stream.ts";

/** The live feed (contract 2.9). Not an operation of the table, because its answer is a stream. */
export const events = new Hono<AppEnv>().get("/sessions/:session_id/events", async (c) => {
  const { caller } = c.var;
  const session = await sessionFor("read", c.req.param("session_id"), caller);
  // A browser that reconnects by itself sends the header, and the URL it was first given.
  const after = cursorOf(c.req.header("last-event-id") ?? c.req.query("after"));
  const body = await new EventStream(session, () => stillStands(caller)).open(
    session.sessionId,
    after,
  );
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    },
  });
});

function cursorOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError("INVALID_PARAMS", `Invalid cursor '${text}': expected the id of an event`);
}

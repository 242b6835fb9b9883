import { Hono } from "hono";
import { createApp, defineSession, RealmObject } from "meerkat-edge/worker";
import { customers } from "./customers.ts";
import { openingHours } from "./opening-hours.ts";

const tools = [openingHours];

/** The class that `SESSIONS` is bound to. */
export class Session extends defineSession({ tools }) {}
export { RealmObject };

/** The shop's own Worker, with sessions below `/agents`. */
export default new Hono<{ Bindings: Env }>()
  .get("/", (c) => c.text("The shop's own page"))
  .route("/agents", createApp({ authenticate: customers, tools }));

import {
  InMemoryServerEventBus,
  type McpRequestContext,
  McpServer,
} from "@modelcontextprotocol/server";
import { Hono } from "hono";
import type { AppEnv } from "../../../app-env.ts";
import { authenticate } from "../../../auth.ts";
import { crossOrigin } from "../../../cross-origin.ts";
import { errorResponse } from "../../rest.ts";
import { mountMcp } from "../mount.ts";
import { serveTasks, TASKS } from "../tasks.ts";
import { contentFixtures } from "./content-fixtures.ts";
import { inputFixtures, stateCodec } from "./input-fixtures.ts";
import { resourceFixtures } from "./resource-fixtures.ts";
import { fixtureTasks, refuseWithoutTasks, taskFixtures } from "./task-fixtures.ts";

const bus = new InMemoryServerEventBus();
const hint = { ttlMs: 60_000, cacheScope: "public" as const };

function createFixtureServer({ era }: McpRequestContext): McpServer {
  const isModern = era === "modern";
  const server = new McpServer(
    { name: "meerkat-edge-fixture", version: "0.0.0" },
    {
      capabilities: {
        logging: {},
        completions: {},
        resources: { subscribe: isModern },
        ...(isModern ? { extensions: { [TASKS]: {} } } : {}),
      },
      cacheHints: {
        "server/discover": hint,
        "tools/list": hint,
        "prompts/list": hint,
        "resources/list": hint,
        "resources/templates/list": hint,
        "resources/read": hint,
      },
      requestState: { verify: (state, ctx) => stateCodec.verify(state, ctx) },
    },
  );
  refuseWithoutTasks(server);
  contentFixtures(server, bus);
  resourceFixtures(server);
  inputFixtures(server);
  taskFixtures(server);
  if (isModern) serveTasks(server.server, fixtureTasks);
  return server;
}

/** The production mount with the suite's tools in place of ours. Never deployed. */
export default new Hono<AppEnv>()
  .use(crossOrigin)
  .use(async (c, next) => {
    const grant = await authenticate(c.req.raw, c.env, "fixture", async () => {});
    const { origin: host } = new URL(c.req.url);
    c.set("caller", { ...grant, env: c.env, realm: "fixture", host, origin: null, ip: null });
    await next();
  })
  .route("/mcp", mountMcp(createFixtureServer, { bus }))
  .onError((cause) => errorResponse(cause));

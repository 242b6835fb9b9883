import { Hono } from "hono";
import type { AppEnv } from "../../app-env.ts";
import { type Caller, call } from "../../call.ts";
import { greeting, RpcConnection } from "./connection.ts";
import { failure, paramsObject, parseMessage, success } from "./message.ts";

const PROTOCOL = "meerkat.v1";

/** JSON-RPC 2.0: full duplex over a WebSocket, or one call per POST. */
export const rpc = new Hono<AppEnv>()
  .get("/rpc", (c) => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      return c.text("Connect with a WebSocket, or POST one JSON-RPC request", 426);
    }
    const { 0: client, 1: server } = new WebSocketPair();
    const connection = new RpcConnection(server, c.var.caller);
    connection.start();
    // A browser that offers protocols closes the socket unless one of them is chosen.
    const isOffered = c.req.header("sec-websocket-protocol")?.includes(PROTOCOL);
    const headers = isOffered ? { "sec-websocket-protocol": PROTOCOL } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  })
  .post("/rpc", async (c) => {
    const reply = await answer(await c.req.text(), c.var.caller);
    if (reply === undefined) return c.body(null, 202);
    return c.body(reply, 200, { "content-type": "application/json" });
  });

/** Answers a single message; nothing for a notification. */
async function answer(text: string, caller: Caller): Promise<string | undefined> {
  const message = parseMessage(text);
  if (message.kind === "invalid") return message.reply;
  if (message.kind === "answer") return undefined;
  const id = message.kind === "request" ? message.id : undefined;
  try {
    const { method } = message;
    const params = paramsObject(message.params);
    const result = method === "initialize" ? greeting() : await call(method, params, caller);
    return id === undefined ? undefined : success(id, result);
  } catch (cause) {
    return id === undefined ? undefined : failure(id, cause);
  }
}

import type { ServerResponse } from "node:http";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { Channel } from "./channel.node.ts";
import type { Chunk, Reply } from "./script.ts";

/** Sends one scripted reply. Returns whether the reply ended by itself, not by the client's leaving. */
export async function play(
  reply: Reply,
  response: ServerResponse,
  channel: Channel,
): Promise<boolean> {
  const gone = new Promise<void>((resolve) => response.once("close", () => resolve()));
  if (reply.holdHeaders) {
    await gone;
    return false;
  }

  sendHeaders(reply, response);
  for (const chunk of reply.chunks ?? []) {
    await Promise.race([ready(chunk, channel), gone]);
    if (response.destroyed) return false;
    await Promise.race([write(chunk, response), gone]);
  }

  if (reply.end === "reset") response.socket?.resetAndDestroy();
  else if (reply.end !== "hang") response.end();
  const ended = reply.end !== "hang" && !response.destroyed;
  await gone;
  return reply.end === "reset" || (ended && response.writableFinished);
}

function sendHeaders({ status = 200, headers }: Reply, response: ServerResponse): void {
  const type = status < 300 ? "text/event-stream; charset=utf-8" : "application/json";
  response.writeHead(status, { "content-type": type, ...headers });
  // Otherwise Node holds the headers back and sends them with the first chunk.
  response.flushHeaders();
}

async function ready({ delayMs, gate }: Chunk, channel: Channel): Promise<void> {
  if (gate) await channel.gate(gate);
  if (delayMs) await setTimeout(delayMs, undefined, { ref: false });
  else await setImmediate();
}

function write({ data, base64 }: Chunk, response: ServerResponse): Promise<void> {
  const bytes = base64 === undefined ? Buffer.from(data ?? "") : Buffer.from(base64, "base64");
  if (bytes.length === 0) return Promise.resolve();
  // An error means that the client has left, which `close` tells as well.
  return new Promise((resolve) => response.write(bytes, () => resolve()));
}

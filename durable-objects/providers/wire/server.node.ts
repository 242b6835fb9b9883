import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Channel } from "./channel.node.ts";
import { play } from "./play.node.ts";
import type { Script } from "./script.ts";

/** A running stand-in for the vendors' servers. */
export interface Wire {
  url: string;
  close: () => Promise<void>;
}

/** Starts a server that answers vendors' requests as scripted; `wire()` of `script.ts` talks to it. */
export async function startWire(): Promise<Wire> {
  const channels = new Map<string, Channel>();
  const server = createServer({ noDelay: true, keepAlive: true }, (request, response) => {
    route(channels, request, response).catch((cause: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(400, { "content-type": "text/plain" }).end(String(cause));
    });
  });
  // A pooled connection that the server closes just as the client reuses it would fail a test at random.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is never the string of a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function route(
  channels: Map<string, Channel>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://wire");
  const [first = "", key = "", gate = ""] = pathname.slice(1).split("/");

  if (first === "__script") {
    // Only our own tests write scripts; `wire()` types them.
    channels.set(key, new Channel(JSON.parse(body) as Script));
    response.writeHead(204).end();
  } else if (first === "__gate") {
    channelOf(channels, key).openGate(gate);
    response.writeHead(204).end();
  } else if (first === "__requests") {
    const requests = await channelOf(channels, key).requests(searchParams.get("wait"));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(requests));
  } else {
    await answer(channelOf(channels, first), body, request, response);
  }
}

async function answer(
  channel: Channel,
  body: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "", url: path = "" } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const exchange = channel.record({ method, path, headers, body, aborted: false });
  const ended = await play(channel.nextReply(), response, channel);
  channel.finish(exchange, !ended);
}

function channelOf(channels: Map<string, Channel>, key: string): Channel {
  const found = channels.get(key) ?? new Channel({ replies: [] });
  channels.set(key, found);
  return found;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // No encoding is set, so never a string.
  return Buffer.concat(chunks).toString("utf8");
}

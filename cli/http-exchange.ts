import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Exchange } from "../sdk/index.ts";

/**
 * Sends requests without `fetch`, whose machinery takes Node longer to load than most commands take.
 * An `import` of node:http would load it too, since it reads every export, `WebSocket` among them.
 */
export const exchange: Exchange = async (url, { method, headers, body, signal }) => {
  const { request } = process.getBuiltinModule(
    url.startsWith("https:") ? "node:https" : "node:http",
  );
  const outgoing = request(url, { method, headers, ...(signal && { signal }) });
  outgoing.end(body);
  const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
  reply.setEncoding("utf8");
  return { status: reply.statusCode ?? 0, text: async () => (await reply.toArray()).join("") };
};

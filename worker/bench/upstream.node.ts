import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { mark } from "./mark.node.ts";

// A stand-in for Anthropic in a process of its own: streams as many deltas, at such a pace, as the
// prompt (or the query, for those who call without a prompt) asks for. It tells its parent of each call.

const server = createServer((request, response) => void answer(request, response));
server.listen(0, "127.0.0.1");
await once(server, "listening");
// A TCP server's address is never the string of a pipe.
process.send?.({ type: "listening", port: (server.address() as AddressInfo).port });
process.once("disconnect", () => process.exit());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  // No encoding is set, so a chunk is never a string.
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const asked = `${request.url ?? ""} ${Buffer.concat(chunks).toString("utf8")}`;
  // The newest prompt stands last in the transcript.
  const [, count = "1", paceMs = "0"] =
    [...asked.matchAll(/count=(\d+)&pace=([\d.]+)/g)].at(-1) ?? [];
  process.send?.({ type: "asked" });
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(
    event("message_start", { message: opening }) + event("content_block_start", block),
  );
  await stream(response, Number(count), Number(paceMs));
  response.end(
    event("content_block_stop", { index: 0 }) +
      event("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } }) +
      event("message_stop", {}),
  );
}

async function stream(response: ServerResponse, count: number, paceMs: number): Promise<void> {
  const start = performance.now();
  for (let index = 0; index < count && !response.destroyed; index += 1) {
    const waitMs = start + index * paceMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    const delta = { index: 0, delta: { type: "text_delta", text: mark(index) } };
    const hasRoom = response.write(event("content_block_delta", delta));
    if (!hasRoom) await room(response);
  }
}

/** Resolves when more can be written, or when nobody reads any more. */
async function room(response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  over.abort();
}

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Timers know whole milliseconds only; the rest is slept through, which costs less than to spin. */
async function pause(ms: number): Promise<void> {
  const until = performance.now() + ms;
  if (ms > 2) await setTimeout(ms - 1);
  else await setImmediate();
  const restMs = until - performance.now();
  if (restMs > 0) Atomics.wait(cell, 0, 0, restMs);
}

const opening = {
  id: "msg_bench",
  type: "message",
  role: "assistant",
  model: "bench",
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};
const block = { index: 0, content_block: { type: "text", text: "" } };

function event(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

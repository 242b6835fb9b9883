import * as fc from "fast-check";
import * as z from "zod";
import { type Operation, operationList } from "../../sdk/contract/index.ts";
import type { Json } from "../chaos/json.node.ts";
import { mcpRequest } from "./mcp-call.node.ts";
import { type Known, nearly, rubbish, valid } from "./rubbish.node.ts";
import { restRequest } from "./sender.node.ts";

/** One thing that somebody sends, well made or not. */
export type Sent =
  | { on: "http"; surface: "rest" | "rpc" | "mcp"; path: string; init: RequestInit }
  | { on: "socket"; frame: string };

/** Anything at all that a client could send, by the operations' own schemas and beyond them. */
export function anyRequest(known: Known): fc.Arbitrary<Sent> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.oneof(...operationList.map((entry) => ofOperation(entry, known))) },
    { weight: 2, arbitrary: brokenHttp },
    { weight: 1, arbitrary: brokenFrame },
    { weight: 1, arbitrary: oddMcp },
  );
}

const surfaces = fc.constantFrom("rest", "rpc", "socket", "legacy", "modern");

function ofOperation([name, operation]: readonly [string, Operation], known: Known) {
  const schema = z.toJSONSchema(operation.input, { io: "input" });
  // What is made from an object's schema is an object.
  const good = valid(schema as Parameters<typeof valid>[0], known) as fc.Arbitrary<Json>;
  const params = fc.oneof(good, nearly(good), nearly(nearly(good)));
  return fc
    .tuple(surfaces, params)
    .map(([surface, drawn]): Sent => spoken(surface, { name, operation, params: drawn }));
}

interface Spoken {
  name: string;
  operation: Operation;
  params: Json;
}

function spoken(surface: string, { name, operation, params }: Spoken): Sent {
  const message = JSON.stringify({ jsonrpc: "2.0", id: 1, method: name, params });
  if (surface === "socket") return { on: "socket", frame: message };
  if (surface === "rpc") return http("rpc", "/rpc", { method: "POST", body: message });
  const { mcp } = operation;
  if (mcp && (surface === "legacy" || surface === "modern")) {
    const args = mcp.action === undefined ? params : { action: mcp.action, ...params };
    const call = { name: mcp.name, arguments: args };
    return http("mcp", "/mcp", mcpRequest(surface, "tools/call", call));
  }
  return http("rest", ...restRequest(name, params));
}

function http(surface: "rest" | "rpc" | "mcp", path: string, init: RequestInit): Sent {
  return { on: "http", surface, path, init };
}

const paths = fc.constantFrom(
  ...operationList.map(
    ([
      ,
      {
        http: [, path],
      },
    ]) => path.replaceAll(/:\w+/g, "x"),
  ),
  "/rpc",
  "/mcp",
  "/openapi.json",
  "/sessions/x/events",
  "/health",
  "/",
  "//",
  "/%00",
  "/%ff",
  "/sessions/%2e%2e%2fx",
  "/realms/global/config",
  `/sessions/${"y".repeat(5_000)}`,
  "/realms//x",
);

const contentTypes = fc.constantFrom(
  "application/json",
  "text/plain",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "APPLICATION/JSON",
  "application/x-www-form-urlencoded",
  "\u00e9",
);

const bodies = fc.oneof(
  fc.constantFrom("{", '{"a":', "[]", "null", "1", '"x"', "{}{}", "\ufeff{}", '{"a":1,"a":2}'),
  fc.constantFrom("[".repeat(50_000), `${"[".repeat(20_000)}${"]".repeat(20_000)}`, "\u0000"),
  rubbish.map((value) => JSON.stringify(value)),
  fc.string({ unit: "binary", maxLength: 100 }),
);

const latin1 = fc.stringMatching(/^[!-~\u00a1-\u00ff]{0,40}$/);
const oddHeaders = fc.record(
  {
    "x-meerkat-realm": latin1,
    "x-meerkat-request-id": fc.oneof(latin1, fc.constant("r".repeat(300))),
    "x-meerkat-instance": latin1,
    "idempotency-key": fc.oneof(latin1, fc.constant("k".repeat(300))),
    "last-event-id": latin1,
    "mcp-session-id": latin1,
    "mcp-protocol-version": latin1,
    "mcp-method": latin1,
    accept: fc.constantFrom("application/json", "text/event-stream", "x/y", ""),
    "sec-websocket-protocol": latin1,
  },
  { requiredKeys: [] },
);

const brokenHttp: fc.Arbitrary<Sent> = fc
  .record({
    method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PURGE"),
    path: paths,
    query: fc.oneof(fc.constant(""), fc.webQueryParameters({ size: "small" })),
    type: contentTypes,
    body: bodies,
    headers: oddHeaders,
  })
  .map(({ method, path, query, type, body, headers }) => {
    // A preflight's body would never be read, and the runtime hangs up on who sends one.
    const hasBody = !["GET", "HEAD", "OPTIONS"].includes(method);
    const surface = path === "/mcp" || path === "/rpc" ? (path.slice(1) as "mcp" | "rpc") : "rest";
    return http(surface, query === "" ? path : `${path}?${query}`, {
      method,
      headers: { ...headers, ...(hasBody && { "content-type": type }) },
      ...(hasBody && { body }),
    });
  });

const oddMessage = fc
  .record(
    {
      jsonrpc: fc.oneof(fc.constant("2.0"), rubbish),
      id: fc.oneof(fc.constant(1), rubbish),
      method: fc.oneof(
        fc.constantFrom("initialize", "session/stream_open", "session/stream_close", "cancel"),
        fc.constantFrom(
          "tools/register",
          "tools/call",
          "resources/read",
          "tasks/get",
          "prompts/get",
        ),
        fc.constantFrom("completion/complete", "logging/setLevel", "subscriptions/listen"),
        rubbish,
      ),
      params: rubbish,
      result: rubbish,
    },
    { requiredKeys: [] },
  )
  .map((message) => JSON.stringify(message));

const brokenFrame: fc.Arbitrary<Sent> = fc
  .oneof(oddMessage, bodies)
  .map((frame) => ({ on: "socket", frame }));

const mcpMethods = fc.constantFrom(
  "tools/call",
  "resources/read",
  "resources/list",
  "prompts/get",
  "completion/complete",
  "tasks/get",
  "tasks/cancel",
  "tasks/update",
  "logging/setLevel",
  "initialize",
  "nope",
);

const mcpParams = fc.record(
  {
    name: fc.oneof(
      fc.constantFrom("meerkat_event_stream_open", "meerkat_event_stream_close"),
      rubbish,
    ),
    arguments: rubbish,
    uri: fc.oneof(fc.constant("meerkat://x/sessions/y"), rubbish),
    cursor: rubbish,
    taskId: rubbish,
    argument: fc.record({ name: fc.constant("id"), value: rubbish }),
    ref: rubbish,
  },
  { requiredKeys: [] },
);

const oddMcp: fc.Arbitrary<Sent> = fc
  .record({ era: fc.constantFrom("legacy" as const, "modern" as const), mcpMethods, mcpParams })
  .map(({ era, mcpMethods: method, mcpParams: params }) =>
    http("mcp", "/mcp", mcpRequest(era, method, params)),
  );

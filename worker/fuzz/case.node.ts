import * as fc from "fast-check";
import { type Operation, operations } from "../../sdk/contract/index.ts";
import type { Ref } from "./ids.node.ts";
import { asked, ref } from "./places.node.ts";

/** How the realm is named: in the path, by header, in both, or not at all. */
interface Address {
  path?: Ref["whose"] | undefined;
  header?: Ref["whose"] | undefined;
}

/** What is shown at the door: one's own token, or a ticket traded for it, nothing, rubbish, or what was stolen. */
type Shown = "own" | "own ticket" | "nothing" | "rubbish" | Stolen;

/** A token, a share or a ticket of the other realm, as what it is or as what it is not. */
interface Stolen extends Ref {
  as: "bearer" | "ticket";
}

/** One request, with places for names in it; told with real names, it can be sent. */
export interface Case {
  surface: "rest" | "rpc" | "socket" | "legacy" | "modern" | "sse" | "upgrade";
  address: Address;
  shown: Shown;
  /** A method of the surface, with its parameters. */
  method: string;
  params: unknown;
  headers: Record<string, unknown>;
}

const address = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Address>({ path: "own" }) },
  { weight: 2, arbitrary: fc.constant<Address>({ header: "own" }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Address>(
      { path: "foreign" },
      { header: "foreign" },
      { path: "own", header: "foreign" },
      { path: "foreign", header: "own" },
      {},
    ),
  },
);

const shown = fc.oneof(
  { weight: 11, arbitrary: fc.constant<Shown>("own") },
  { weight: 3, arbitrary: fc.constant<Shown>("own ticket") },
  { weight: 1, arbitrary: fc.constantFrom<Shown>("nothing", "rubbish") },
  {
    weight: 2,
    arbitrary: fc.record<Stolen>({
      $: fc.constantFrom("ticket", "token", "token"),
      whose: fc.constant("foreign"),
      at: fc.nat({ max: 1 }),
      as: fc.constantFrom("bearer", "ticket"),
    }),
  },
);

const headers = fc.record(
  {
    "idempotency-key": ref("key"),
    "x-meerkat-request-id": ref("request"),
    "x-meerkat-instance": ref("session"),
    "mcp-session-id": ref("mcpSession"),
    "last-event-id": fc.nat({ max: 6 }).map(String),
  },
  { requiredKeys: [] },
);

type Said = Pick<Case, "method" | "params">;

const said = asked.map(({ operation, params }): Said => ({ method: operation, params }));

/** Operations as models are offered them. */
const tool = asked
  .filter(({ operation }) => toolOf(operation) !== undefined)
  .map(({ operation, params }): Said => {
    const { name, action } = toolOf(operation) ?? {};
    // Every drawn set of parameters is an object.
    const args = { ...(params as object), ...(action === undefined ? {} : { action }) };
    return { method: "tools/call", params: { name, arguments: args } };
  });

const session = ref("session", "own realm", "foreign realm", "upper");
const stream = ref("stream");
const uri = ref("session", "resource", "foreign resource", "events");

/** What MCP has beside the operations. */
const mcpOnly = fc.oneof(
  uri.map((place) => ({
    method: "resources/read",
    params: { uri: place.form ? place : { ...place, form: "resource" } },
  })),
  fc.record({
    method: fc.constantFrom("tasks/get", "tasks/cancel", "tasks/result"),
    params: fc.record({ taskId: ref("task") }),
  }),
  fc.record({
    method: fc.constant("resources/list"),
    params: fc.record({ cursor: fc.constantFrom("0", "50") }),
  }),
  ref("session").map((value) => ({
    method: "completion/complete",
    params: {
      ref: { type: "ref/resource", uri: "meerkat://{realm}/sessions/{id}" },
      argument: { name: "id", value },
    },
  })),
  ref("mcpSession").map((requestId) => ({
    method: "notifications/cancelled",
    params: { requestId },
  })),
  tools("meerkat_event_stream_open", fc.record({ session_id: session, after: fc.nat({ max: 5 }) })),
  tools(
    "meerkat_event_stream_read",
    fc.record({ stream_id: stream, timeout_ms: fc.constant(0), max_events: fc.constant(50) }),
  ),
  tools("meerkat_event_stream_close", fc.record({ stream_id: stream })),
);

/** What a socket has beside them. */
const socketOnly: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    method: fc.constant("session/stream_open"),
    params: fc.record({ session_id: session, after: fc.nat({ max: 5 }) }),
  }),
  fc.record({
    method: fc.constant("session/stream_close"),
    params: fc.record({ stream_id: ref("rpcStream") }),
  }),
  fc.record({
    method: fc.constant("cancel"),
    params: fc.record({ request_id: ref("request") }),
  }),
);

const watching = fc.record({
  method: fc.constant("GET"),
  params: fc.record({ session_id: session }),
});

function on(surface: Case["surface"], what: fc.Arbitrary<Said>): fc.Arbitrary<Case> {
  return fc
    .record({ address, shown, headers, said: what })
    .map(({ said: { method, params }, ...rest }) => {
      // With its credentials the other realm may be entered: that is no prying.
      const isTheirs = typeof rest.shown === "object";
      const place: Address = isTheirs ? { path: "own" } : rest.address;
      return Object.assign(rest, { surface, address: place, method, params });
    });
}

/** Any request that could pry into another realm. */
export const anyCase: fc.Arbitrary<Case> = fc.oneof(
  { weight: 6, arbitrary: on("rest", said) },
  { weight: 3, arbitrary: on("rpc", said) },
  { weight: 4, arbitrary: on("socket", fc.oneof(said, said, socketOnly)) },
  { weight: 3, arbitrary: on("legacy", fc.oneof(tool, mcpOnly)) },
  { weight: 3, arbitrary: on("modern", fc.oneof(tool, mcpOnly)) },
  { weight: 2, arbitrary: on("sse", watching) },
  { weight: 1, arbitrary: on("upgrade", watching) },
);

function tools(name: string, args: fc.Arbitrary<unknown>): fc.Arbitrary<Said> {
  return args.map((drawn) => ({ method: "tools/call", params: { name, arguments: drawn } }));
}

function toolOf(name: string): Operation["mcp"] {
  return (operations as Record<string, Operation>)[name]?.mcp;
}

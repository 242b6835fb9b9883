import { camel } from "../../sdk/casing.ts";
import { type MeerkatClient, MeerkatError } from "../../sdk/index.ts";
import { inner, type Json } from "./json.node.ts";
import type { Rest } from "./rest.node.ts";
import { Lost, RpcConnection } from "./rpc.node.ts";
import { sdkClient } from "./sdk-client.node.ts";
import type { ChaosServer } from "./server.node.ts";

/** How a turn is asked for. */
export const starters = ["rest", "rpc", "sdk"] as const;
export type Starter = (typeof starters)[number];

/** What became of a turn, as its caller heard. */
export interface TurnEnd {
  text: string | undefined;
  runId: string | undefined;
  sessionId: string | undefined;
  code: string | undefined;
}

/** A tool that a client runs, and what it answers. */
export interface ClientTool {
  name: string;
  answer: string;
}

const schema = { type: "object", properties: { city: { type: "string" } } };

/** A client's tool as it is declared. */
export function declared({ name }: ClientTool): Json {
  return { name, description: "looks something up", input_schema: schema };
}

/** A call for a turn: `session/create` or `turn/start`, with the wire's own members and a key. */
export interface TurnCall {
  method: "session/create" | "turn/start";
  params: Json;
  tools: readonly ClientTool[];
}

/** Asks for a turn and waits for its end, asking again under the same key whenever the connection is lost. */
export async function runTurn(
  server: ChaosServer,
  rest: Rest,
  starter: Starter,
  call: TurnCall,
): Promise<TurnEnd> {
  if (starter === "rest") return overRest(rest, call);
  if (starter === "rpc") return overRpc(server, rest.realm, call);
  const client = await sdkClient(server, rest.realm);
  try {
    return await overSdk(client, call);
  } finally {
    await client.close();
  }
}

async function overRest(rest: Rest, { method, params, tools }: TurnCall): Promise<TurnEnd> {
  const path =
    method === "session/create" ? "/sessions" : `/sessions/${String(params.session_id)}/messages`;
  const external = tools.length > 0 ? { external_tools: tools.map(declared) } : {};
  const { status, body } = await rest.ask("POST", path, { ...params, ...external });
  return status === 200 ? ended(body) : { ...nothing, code: String(body.code), runId: idIn(body) };
}

async function overRpc(server: ChaosServer, realm: string, call: TurnCall): Promise<TurnEnd> {
  for (;;) {
    await server.up();
    try {
      const connection = await RpcConnection.open(server, realm);
      connection.onRequest = (_method, { name }) => ({ content: answerOf(call.tools, name) });
      if (call.tools.length > 0) {
        await connection.ask("tools/register", { tools: call.tools.map(declared) });
      }
      const { result, error } = await connection.ask(call.method, call.params);
      connection.close();
      return error
        ? { ...nothing, code: String(inner(inner(error).data).code) }
        : ended(inner(result));
    } catch (cause) {
      if (!(cause instanceof Lost)) throw cause;
    }
  }
}

async function overSdk(
  client: MeerkatClient,
  { method, params, tools }: TurnCall,
): Promise<TurnEnd> {
  for (const { name, answer } of tools) {
    client.registerTool(name, "looks something up", schema, () => answer);
  }
  const { prompt, session_id, idempotency_key, ...members } = params;
  const options = { ...camel(members), idempotencyKey: String(idempotency_key) };
  try {
    const result =
      method === "session/create"
        ? (await client.createSession(String(prompt), options)).lastResult
        : await client.session(String(session_id)).turn(String(prompt), options);
    return { ...nothing, text: result.text, runId: result.runId, sessionId: result.sessionId };
  } catch (cause) {
    if (!(cause instanceof MeerkatError)) throw cause;
    return { ...nothing, code: cause.code };
  }
}

const nothing: TurnEnd = {
  text: undefined,
  runId: undefined,
  sessionId: undefined,
  code: undefined,
};

function ended(result: Json): TurnEnd {
  const [text, runId, sessionId] = [result.text, result.run_id, result.session_id].map(String);
  return { text, runId, sessionId, code: undefined };
}

function idIn(body: Json): string | undefined {
  const { run_id } = inner(body.details);
  return typeof run_id === "string" ? run_id : undefined;
}

function answerOf(tools: readonly ClientTool[], name: unknown): string {
  return tools.find((tool) => tool.name === name)?.answer ?? "";
}

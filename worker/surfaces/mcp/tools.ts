import * as z from "zod";
import {
  type McpTool,
  type Operation,
  type OperationName,
  operationList,
  type Scope,
} from "../../../sdk/contract/index.ts";
import { call } from "../../call.ts";
import { jsonSchema, readArguments } from "./schema.ts";
import { checkAddresses } from "./key-addresses.ts";
import { checkNoSecrets } from "./secrets.ts";
import {
  historyPayload,
  HistoryPayload,
  sessionPayload,
  SessionPayload,
} from "./session-payload.ts";
import { streamTools } from "./stream-tools.ts";
import { type Json, succeeded, type Tool } from "./tool.ts";
import { TurnPayload } from "./turn-payload.ts";
import { ResumeInput, RunInput } from "./turn-shape.ts";
import { resumeSession, startSession } from "./turn-tool.ts";

type Offered = readonly [name: OperationName, operation: Operation & { mcp: McpTool }];

/** Tools that differ from their operation in more than the name (contract 4). */
const shapes: {
  [Name in OperationName]?: Pick<Tool, "inputSchema" | "outputSchema" | "isLong" | "run">;
} = {
  "session/create": {
    inputSchema: jsonSchema(RunInput, "input"),
    outputSchema: jsonSchema(TurnPayload, "output"),
    isLong: true,
    run: startSession,
  },
  "turn/start": {
    inputSchema: jsonSchema(ResumeInput, "input"),
    outputSchema: jsonSchema(TurnPayload, "output"),
    isLong: true,
    run: resumeSession,
  },
};

/** Where a tool shows the same facts in another shape, or says less of it beforehand. */
const payloads: { [Name in OperationName]?: { schema: z.ZodObject; of: (result: never) => Json } } =
  {
    "session/read": { schema: SessionPayload, of: sessionPayload },
    "session/history": { schema: HistoryPayload, of: historyPayload },
  };

const offered = operationList.filter((entry): entry is [...Offered] => entry[1].mcp !== undefined);

/** Everything that models may call, sorted by name: the same list for everybody, every time. */
export const tools: readonly Tool[] = [
  ...Map.groupBy(offered, ([, { mcp }]) => mcp.name)
    .values()
    .map((operations) => {
      const [first, ...others] = operations;
      // Groups are never empty.
      return others.length === 0 ? operationTool(first as Offered) : actionTool(operations);
    }),
  ...streamTools,
].toSorted((a, b) => a.name.localeCompare(b.name, "en"));

/** Names of the tools that may take long. */
export const longTools: ReadonlySet<string> = new Set(
  tools.filter(({ isLong }) => isLong).map(({ name }) => name),
);

const byName = new Map(tools.map((tool) => [tool.name, tool]));

export function findTool(name: string): Tool | undefined {
  return byName.get(name);
}

/** What a request of the protocol needs. Unknown tools need nothing: they are refused in other words. */
export function needs(method: string, { name, arguments: args }: Json): readonly Scope[] {
  if (method === "resources/read") return ["read"];
  if (method !== "tools/call" || typeof name !== "string") return [];
  // Whatever is no object names no action.
  return findTool(name)?.needs((args ?? {}) as Json) ?? [];
}

function operationTool([name, { mcp, scope, input, output }]: Offered): Tool {
  const payload = payloads[name];
  const shape = shapes[name] ?? {
    inputSchema: jsonSchema(input, "input"),
    outputSchema: jsonSchema(payload?.schema ?? objectOf(output), "output"),
    run: async (args, { caller }) => {
      const result = await call(name, args, caller);
      // Every operation answers with an object, and this one with what its payload is made of.
      return succeeded(payload ? payload.of(result as never) : (result as Json));
    },
  };
  return { ...described(mcp), needs: () => scopesFor(scope), ...shape };
}

function scopesFor(need: Operation["scope"]): Scope[] {
  return need === "any" ? [] : [need];
}

/** Several operations as one tool: `action` says which, and brings that one's own arguments. */
function actionTool(operations: readonly Offered[]): Tool {
  const [, { mcp }] = operations[0] as Offered;
  const members = operations.flatMap(([, { input }]) =>
    Object.entries(input.shape).map(([key, type]) => [key, type.optional()] as const),
  );
  const actions = operations.map(([, { mcp }]) => mcp.action ?? "");
  const Input = z.looseObject({ action: z.enum(actions), ...Object.fromEntries(members) });
  return {
    ...described(mcp),
    needs: ({ action }) => {
      const [, operation] = operations.find(([, { mcp }]) => mcp.action === action) ?? [];
      return operation ? scopesFor(operation.scope) : [];
    },
    inputSchema: jsonSchema(Input, "input"),
    outputSchema: jsonSchema(combined(operations), "output"),
    run: async (args, { caller }) => {
      const { action, ...params } = readArguments(Input, args);
      const [name, { input, mcp }] = operations.find(
        ([, { mcp }]) => mcp.action === action,
      ) as Offered;
      if (mcp.refusesSecrets) {
        checkNoSecrets(params);
        const { config } = (await call("config/get", {}, caller)) as { config: Json };
        checkAddresses(params, config);
      }
      // Here already: elsewhere a member's value may stand for the whole, and nothing for an empty one.
      return succeeded((await call(name, readArguments(input, params), caller)) as Json);
    },
  };
}

/** What any of the actions answers with: a tool has one schema, so what not all have is optional. */
function combined(operations: readonly Offered[]): z.ZodObject {
  const shapes = operations.map(([, { output }]) => objectOf(output).shape);
  const members = shapes.flatMap((shape) => Object.entries(shape));
  return z.object(
    Object.fromEntries(
      members.map(([key, type]) => [
        key,
        shapes.every((shape) => Object.hasOwn(shape, key)) ? type : type.optional(),
      ]),
    ),
  );
}

function described({ name, title, description, ...mcp }: McpTool) {
  return {
    name,
    title,
    description,
    annotations: {
      readOnlyHint: mcp.isReadOnly,
      destructiveHint: mcp.isDestructive,
      idempotentHint: mcp.isIdempotent,
      openWorldHint: mcp.isOpenWorld,
    },
  };
}

function objectOf(output: z.ZodType): z.ZodObject {
  if (output instanceof z.ZodObject) return output;
  throw new TypeError("a tool's operation must answer with an object");
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { Labels } from "../../sdk/contract/ids.ts";
import { type Operation, operationList } from "../../sdk/contract/index.ts";
import {
  AssistantBlock,
  Content,
  ContentBlock,
  Message,
  ToolResult,
} from "../../sdk/contract/messages.ts";
import { ClientTools, PendingToolCall, RunResult, ToolAnswer } from "../../sdk/contract/run.ts";
import { SessionInfo, SessionSummary } from "../../sdk/contract/sessions.ts";
import { Usage, WireUsage } from "../../sdk/contract/usage.ts";
import { type JsonSchema, memberLines, typeText } from "./type-text.node.ts";

/** Where the page lies in the repository. */
export const operationsPagePath = join(import.meta.dirname, "../../docs/operations.md");

/** Shapes that several operations share: told once, at the end of the page. */
const shapes = {
  AssistantBlock,
  ClientTools,
  Content,
  ContentBlock,
  Labels,
  Message,
  PendingToolCall,
  RunResult,
  SessionInfo,
  SessionSummary,
  ToolAnswer,
  ToolResult,
  Usage,
  WireUsage,
};

const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(shapes)) names.add(schema, { id });

/** The reference of all operations, as Markdown, read off the table. */
export function operationsPage(): string {
  return [
    "# Operations",
    "",
    "Made from the table in `sdk/contract` by `worker/surfaces/operations-page.node.ts`; do not edit.",
    "One entry per operation, the same on every surface. Names of members are the wire's; the TypeScript",
    "SDK writes them in camelCase. A member with `?` may be left out; `= x` is what counts then.",
    "",
    ...operationList.map(([name]) => `- [\`${name}\`](#${anchor(name)})`),
    "",
    ...operationList.flatMap(([name, operation]) => entry(name, operation)),
    "## Shapes",
    "",
    ...Object.entries(shapes).flatMap(([id, schema]) => shape(id, schema)),
  ].join("\n");
}

function entry(name: string, operation: Operation): string[] {
  const { summary, scope, input, output, mcp, successStatus = 200, bareBody } = operation;
  const [method, path] = operation.http;
  return [
    `## \`${name}\``,
    "",
    `${summary}.`,
    "",
    `- REST: \`${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}\`, answers ${successStatus}`,
    `- Scope: \`${scope}\``,
    ...(mcp
      ? [`- MCP tool: \`${mcp.name}\`${mcp.action ? `, action \`${mcp.action}\`` : ""}`]
      : []),
    ...(bareBody ? [`- The body may also be the value of \`${bareBody}\` alone.`] : []),
    "",
    ...members("Parameters", read(input, "input")),
    ...result(read(output, "output")),
  ];
}

function result(schema: JsonSchema): string[] {
  if (schema.properties) return members("Result", schema);
  return ["Result:", "", ...code(typeText(schema)), ""];
}

function members(title: string, schema: JsonSchema): string[] {
  const lines = memberLines(schema);
  return lines.length === 0 ? [] : [`${title}:`, "", ...code(lines.join("\n")), ""];
}

function shape(id: string, schema: z.ZodType): string[] {
  const meant = definition(id, schema);
  const text = meant.properties ? memberLines(meant).join("\n") : flushLeft(typeText(meant));
  return [`### ${id}`, "", ...code(text), ""];
}

/** A union that takes several lines is indented, as it stands after a member's name elsewhere. */
function flushLeft(text: string): string {
  return text.startsWith("\n") ? text.slice(1).replaceAll(/^ {2}/gm, "") : text;
}

function code(text: string): string[] {
  return ["```text", text, "```"];
}

function anchor(name: string): string {
  return name.replaceAll("/", "");
}

function read(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const whole = jsonSchema(schema, io);
  // A result that is one of the shapes as a whole is told there.
  return whole.$ref === undefined ? whole : { $ref: whole.$ref };
}

/** What a shape is, with the other shapes in it by name. */
function definition(id: string, schema: z.ZodType): JsonSchema {
  return jsonSchema(z.array(schema), "output").$defs?.[id] ?? {};
}

function jsonSchema(
  schema: z.ZodType,
  io: "input" | "output",
): JsonSchema & { $defs?: Record<string, JsonSchema> } {
  // Nothing in the contract needs more of JSON Schema than `JsonSchema` knows.
  return z.toJSONSchema(schema, { io, metadata: names }) as JsonSchema;
}

if (import.meta.main) writeFileSync(operationsPagePath, operationsPage());

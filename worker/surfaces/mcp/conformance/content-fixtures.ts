import { fromJsonSchema, type McpServer, type ServerEventBus } from "@modelcontextprotocol/server";
import * as z from "zod";

/** A picture of one pixel, and a sound of no length. */
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

const image = { type: "image" as const, data: PNG, mimeType: "image/png" };
const text = (said: string) => ({ type: "text" as const, text: said });
const embedded = (uri: string, said: string) => ({
  type: "resource" as const,
  resource: { uri, mimeType: "text/plain", text: said },
});

const results = {
  test_simple_text: [text("This is a simple text response for testing.")],
  test_image_content: [image],
  test_audio_content: [{ type: "audio" as const, data: WAV, mimeType: "audio/wav" }],
  test_embedded_resource: [embedded("test://embedded-resource", "An embedded resource.")],
  test_multiple_content_types: [
    text("Multiple content types test:"),
    image,
    embedded("test://mixed-content-resource", '{"test":"data","value":123}'),
  ],
};

/** Tools that answer with each kind of content, fail, and speak while they run. */
export function contentFixtures(server: McpServer, bus: ServerEventBus): void {
  for (const [name, content] of Object.entries(results)) {
    server.registerTool(name, { description: name }, () => ({ content }));
  }
  server.registerTool("test_error_handling", { description: "Fails" }, () => ({
    content: [text("This tool intentionally returns an error for testing")],
    isError: true,
  }));
  speakingFixtures(server);
  schemaFixtures(server);
  server.registerTool("test_trigger_tool_change", { description: "Tells of tools" }, () => {
    bus.publish({ kind: "tools_list_changed" });
    return { content: [text("told")] };
  });
  server.registerTool("test_trigger_prompt_change", { description: "Tells of prompts" }, () => {
    bus.publish({ kind: "prompts_list_changed" });
    return { content: [text("told")] };
  });
}

function speakingFixtures(server: McpServer): void {
  const logging = { description: "Logs while it runs" };
  for (const name of ["test_tool_with_logging", "test_logging_tool"]) {
    server.registerTool(name, logging, async ({ mcpReq }) => {
      for (const step of ["started", "processing", "completed"]) await mcpReq.log("info", step);
      return { content: [text("logged")] };
    });
  }
  server.registerTool("test_tool_with_progress", { description: "Tells progress" }, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken ?? 0;
    for (const progress of [0, 50, 100]) {
      const params = { progressToken, progress, total: 100 };
      await ctx.mcpReq.notify({ method: "notifications/progress", params });
    }
    return { content: [text(String(progressToken))] };
  });
}

// As text, because a module may not hold an object with a member `then`.
const everyKeyword = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {
    "address": {
      "$anchor": "addressDef",
      "type": "object",
      "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
    }
  },
  "properties": {
    "name": { "type": "string" },
    "address": { "$ref": "#/$defs/address" },
    "contactMethod": { "type": "string", "enum": ["phone", "email"] },
    "phone": { "type": "string" },
    "email": { "type": "string" }
  },
  "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
  "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
  "then": { "required": ["phone"] },
  "else": { "required": ["email"] },
  "additionalProperties": false
}`;

function schemaFixtures(server: McpServer): void {
  const schema = fromJsonSchema<Record<string, unknown>>(JSON.parse(everyKeyword));
  const described = { description: "Has every part of JSON Schema 2020-12", inputSchema: schema };
  server.registerTool("json_schema_2020_12_tool", described, () => ({ content: [text("ok")] }));

  const region = z.string().optional().meta({ "x-mcp-header": "Region" });
  const mirrored = { description: "Mirrors an argument", inputSchema: z.object({ region }) };
  server.registerTool("test_header", mirrored, () => ({ content: [text("ok")] }));
}

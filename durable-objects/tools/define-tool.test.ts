import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defineSession } from "../session/define-session.ts";
import { defineTool } from "./define-tool.ts";
import { type ToolContext, ToolError } from "./tool.ts";

const context: ToolContext = {
  env,
  realmId: "r",
  sessionId: "s",
  runId: "t",
  callId: "c",
  signal: new AbortController().signal,
};
const named = { name: "look", description: "Looks it up" };
const city = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
} as const;

describe("a tool of one's own", () => {
  it("takes what its schema makes of the arguments", async () => {
    const tool = defineTool({
      ...named,
      input: z.object({ days: z.coerce.number().default(3) }),
      execute: ({ days }, { callId }) => `${days + 1} ${callId}`,
    });

    expect(await tool.run({}, context)).toEqual({ content: "4 c", isError: false });
    expect(tool.definition.inputSchema).toMatchObject({ type: "object", properties: { days: {} } });
    expect(tool.idempotent).toBe(false);
  });

  it("takes a plain JSON Schema as well, and tells the model what does not fit", async () => {
    const tool = defineTool({
      ...named,
      input: city,
      execute: (args) => ({ found: args["city"] }),
    });

    expect(await tool.run({ city: "Bern" }, context)).toEqual({
      content: '{"found":"Bern"}',
      isError: false,
    });
    expect(await tool.run({ city: 1 }, context)).toEqual({
      content: expect.stringMatching(/^Invalid arguments: .*city.*string/s),
      isError: true,
    });
  });

  it("names the place of an argument that a library's schema refuses", async () => {
    const input = z.object({ trip: z.object({ to: z.string() }) });
    const tool = defineTool({ ...named, input, execute: () => "never" });

    const { content, isError } = await tool.run({ trip: { to: 1 } }, context);

    expect(isError).toBe(true);
    expect(content).toMatch(/^Invalid arguments: trip\.to: /);
  });

  it("tells the model a ToolError word for word, and throws on what else goes wrong", async () => {
    const failing = (cause: Error) =>
      defineTool({ ...named, input: city, execute: () => Promise.reject(cause) });
    const args = { city: "Bern" };

    expect(await failing(new ToolError("No such city")).run(args, context)).toEqual({
      content: "No such city",
      isError: true,
    });
    await expect(() => failing(new Error("password=x")).run(args, context)).rejects.toThrow("x");
  });

  it("may answer with blocks; what is no answer, or too large a one, is a failure", async () => {
    const answering = (answer: unknown) =>
      defineTool({ ...named, input: city, execute: () => answer as string }).run(
        { city: "Bern" },
        context,
      );
    const blocks = [{ type: "text", text: "Sunny" }];

    expect(await answering(blocks)).toEqual({ content: blocks, isError: false });
    await expect(() => answering(undefined)).rejects.toThrow("a tool answers with text");
    await expect(() => answering([{ type: "film" }])).rejects.toThrow("Invalid");
    expect(await answering("x".repeat(32 * 1024 * 1024 + 1))).toMatchObject({
      content: expect.stringContaining("33554433 characters"),
      isError: true,
    });
  });

  it.each([
    ["a name that vendors refuse", { name: "look up", input: city }],
    ["a schema of something else", { input: { type: "array" } }],
    ["a schema that refers to nothing", { input: { type: "object", $ref: "#/$defs/none" } }],
    ["a library's schema of something else", { input: z.string() }],
  ])("is refused, when it is defined, for %s", (_what, wrong) => {
    const spec = { ...named, execute: () => "", ...wrong } as Parameters<typeof defineTool>[0];

    expect(() => defineTool(spec)).toThrow(/tool 'look/);
  });

  it("has its name for itself in its session", () => {
    const tool = defineTool({ ...named, input: city, execute: () => "" });

    expect(() => defineSession({ tools: [tool, tool] })).toThrow("two tools are called 'look'");
  });
});

import { describe, expect, it } from "vitest";
import { camel, snake } from "./casing.ts";

describe("casing", () => {
  it("renames members at every depth", () => {
    const wire = { session_id: "s", messages: [{ stop_reason: "end_turn", created_at: "t" }] };

    expect(camel(wire)).toEqual({
      sessionId: "s",
      messages: [{ stopReason: "end_turn", createdAt: "t" }],
    });
    expect(snake({ budgetLimits: { maxDuration: { secs: 1 } }, model: undefined })).toEqual({
      budget_limits: { max_duration: { secs: 1 } },
    });
  });

  it("leaves alone what belongs to users, models and vendors", () => {
    const theirs = { snake_key: { camelKey: 1 } };
    const wire = {
      args: theirs,
      config: theirs,
      structured_output: theirs,
      blocks: [{ block_type: "server_tool_content", data: { kind: "search", content: theirs } }],
    };

    expect(camel(wire)).toEqual({
      args: theirs,
      config: theirs,
      structuredOutput: theirs,
      blocks: [{ blockType: "server_tool_content", data: { kind: "search", content: theirs } }],
    });
    expect(snake({ providerParams: theirs, outputSchema: theirs, labels: theirs })).toEqual({
      provider_params: theirs,
      output_schema: theirs,
      labels: theirs,
    });
  });

  it("is undone by its reverse", () => {
    const wire = { max_output_tokens: 1, content: [{ type: "image", media_type: "image/png" }] };

    expect(snake(camel(wire))).toEqual(wire);
  });
});

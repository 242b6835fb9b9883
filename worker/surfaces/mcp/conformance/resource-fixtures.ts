import {
  completable,
  inputRequired,
  acceptedContent,
  type McpServer,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import * as z from "zod";
import { PNG } from "./content-fixtures.ts";

/** Resources of text and bytes, a template, and prompts of every kind. */
export function resourceFixtures(server: McpServer): void {
  const plain = { mimeType: "text/plain" };
  server.registerResource("static-text", "test://static-text", plain, ({ href: uri }) => ({
    contents: [{ uri, ...plain, text: "This is the content of the static text resource." }],
  }));
  const png = { mimeType: "image/png" };
  server.registerResource("static-binary", "test://static-binary", png, ({ href: uri }) => ({
    contents: [{ uri, ...png, blob: PNG }],
  }));
  server.registerResource("watched", "test://watched-resource", plain, ({ href: uri }) => ({
    contents: [{ uri, ...plain, text: "Watched" }],
  }));
  const template = new ResourceTemplate("test://template/{id}/data", { list: undefined });
  const json = { mimeType: "application/json" };
  server.registerResource("template", template, json, ({ href: uri }, { id }) => ({
    contents: [
      {
        uri,
        ...json,
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
  promptFixtures(server);
}

function promptFixtures(server: McpServer): void {
  server.registerPrompt("test_simple_prompt", { description: "Simple" }, () => ({
    messages: [said("This is a simple prompt for testing.")],
  }));

  const start = (value: string | undefined) => [`${value ?? ""}-completed`];
  const args = z.object({ arg1: completable(z.string(), start), arg2: z.string() });
  const described = { description: "With arguments", argsSchema: args };
  server.registerPrompt("test_prompt_with_arguments", described, ({ arg1, arg2 }) => ({
    messages: [said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  }));

  const embedding = { description: "Embeds", argsSchema: z.object({ resourceUri: z.string() }) };
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    embedding,
    ({ resourceUri: uri }) => ({
      messages: [
        {
          role: "user",
          content: {
            type: "resource",
            resource: {
              uri,
              mimeType: "text/plain",
              text: "Embedded resource content for testing.",
            },
          },
        },
        said("Please process the embedded resource above."),
      ],
    }),
  );
  server.registerPrompt("test_prompt_with_image", { description: "Has an image" }, () => ({
    messages: [
      { role: "user", content: { type: "image", data: PNG, mimeType: "image/png" } },
      said("Please analyze the image above."),
    ],
  }));
  server.registerPrompt("test_input_required_result_prompt", { description: "Asks" }, (ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, "user_context");
    if (answer) return { messages: [said(`In the context of ${String(answer["context"])}`)] };
    const message = "What context should the prompt use?";
    const requestedSchema = {
      type: "object" as const,
      properties: { context: { type: "string" as const } },
      required: ["context"],
    };
    return inputRequired({
      inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema }) },
    });
  });
}

function said(text: string) {
  return { role: "user" as const, content: { type: "text" as const, text } };
}

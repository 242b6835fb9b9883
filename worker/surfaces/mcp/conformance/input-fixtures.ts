import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequests,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";

/** Seals what goes through the client between two rounds. The key is no secret: nothing but the suite is served. */
export const stateCodec = createRequestStateCodec<{ round: number }>({
  key: "a fixture key, of thirty-two bytes or more",
});

/** A question in a form with one field. */
export function ask(message: string, field: string, type: "string" | "boolean" = "string") {
  const asked = type === "string" ? { type: "string" as const } : { type: "boolean" as const };
  return inputRequired.elicit({
    message,
    requestedSchema: { type: "object", properties: { [field]: asked }, required: [field] },
  });
}

const roots = { method: "roots/list" as const };

function sample(text: string) {
  return inputRequired.createMessage({
    messages: [{ role: "user", content: { type: "text", text } }],
    maxTokens: 100,
  });
}

/** Tools that need something of their client before they can answer (SEP-2322). */
export function inputFixtures(server: McpServer): void {
  const name = ask("What is your name?", "name");
  const tools: Record<string, InputRequests> = {
    elicitation: { user_name: name },
    sampling: { capital_question: sample("What is the capital of France?") },
    list_roots: { client_roots: roots },
  };
  for (const [kind, inputRequests] of Object.entries(tools)) {
    register(server, kind, (ctx) =>
      answers(ctx, inputRequests) ? done("Complete") : inputRequired({ inputRequests }),
    );
  }
  const confirm = { confirm: ask("Please confirm", "ok", "boolean") };
  sealed(server, "request_state", confirm);
  sealed(server, "tampered_state", confirm);
  sealed(server, "multiple_inputs", {
    user_name: name,
    greeting: sample("Generate a greeting"),
    client_roots: roots,
  });
  multiRound(server);
  capabilityFixtures(server, name);
}

function sealed(server: McpServer, kind: string, inputRequests: InputRequests): void {
  register(server, kind, async (ctx) => {
    if (answers(ctx, inputRequests) && ctx.mcpReq.requestState()) return done("state-ok");
    return inputRequired({ inputRequests, requestState: await stateCodec.mint({ round: 1 }, ctx) });
  });
}

function multiRound(server: McpServer): void {
  register(server, "multi_round", async (ctx) => {
    const { round = 0 } = ctx.mcpReq.requestState<{ round: number }>() ?? {};
    if (round === 2 && acceptedContent(ctx.mcpReq.inputResponses, "step2")) return done("Complete");
    const isSecond = round === 1 && acceptedContent(ctx.mcpReq.inputResponses, "step1");
    return inputRequired({
      inputRequests: isSecond
        ? { step2: ask("Step 2: What is your favorite color?", "color") }
        : { step1: ask("Step 1: What is your name?", "name") },
      requestState: await stateCodec.mint({ round: isSecond ? 2 : 1 }, ctx),
    });
  });
}

function capabilityFixtures(server: McpServer, name: InputRequests[string]): void {
  register(server, "capabilities", (ctx) => {
    const declared = declaredBy(ctx);
    return inputRequired({
      inputRequests: {
        ...(declared["elicitation"] ? { user_name: name } : {}),
        ...(declared["sampling"] ? { question: sample("Hello?") } : {}),
      },
    });
  });
  const question = { question: sample("Hello?") };
  // What the client did not declare the SDK refuses to ask for.
  server.registerTool("test_missing_capability", { description: "Needs sampling" }, (ctx) =>
    answers(ctx, question) ? done("Complete") : inputRequired({ inputRequests: question }),
  );
  server.registerTool("test_streaming_elicitation", { description: "Asks in a stream" }, (ctx) =>
    answers(ctx, { user_name: name })
      ? done("Complete")
      : inputRequired({ inputRequests: { user_name: name } }),
  );
}

type Answer = ReturnType<typeof done> | ReturnType<typeof inputRequired>;

function register(
  server: McpServer,
  kind: string,
  run: (ctx: ServerContext) => Answer | Promise<Answer>,
): void {
  const name = `test_input_required_result_${kind}`;
  server.registerTool(name, { description: `Needs input: ${kind}` }, run);
}

function answers({ mcpReq }: ServerContext, asked: InputRequests): boolean {
  return Object.keys(asked).every(
    (key) => inputResponse(mcpReq.inputResponses, key).kind !== "missing",
  );
}

function declaredBy({ mcpReq }: ServerContext): Record<string, unknown> {
  const envelope: Record<string, unknown> = mcpReq.envelope ?? {};
  // The suite always sends an object.
  return (envelope[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Record<string, unknown>;
}

function done(text: string) {
  return { content: [{ type: "text" as const, text }] };
}

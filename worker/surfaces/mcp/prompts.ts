import { ProtocolError, ProtocolErrorCode, type Server } from "@modelcontextprotocol/server";
import type { SessionHistory, SessionInfo } from "../../../sdk/contract/index.ts";
import { type Caller, call } from "../../call.ts";
import { protocolError } from "./failure.ts";
import { resourceUri } from "./resources.ts";

const LAST_MESSAGES = 20;

const handOver = {
  name: "meerkat_hand_over",
  title: "Hand a session over",
  description: "Lets another agent take over a session: what it is, how it went on, how to go on.",
  arguments: [
    { name: "session_id", description: "The session to take over", required: true },
    { name: "task", description: "What to do with it next", required: false },
  ],
};

/** The prompt that hands a session to another agent. */
export function servePrompts(server: Server, caller: Caller): void {
  server.setRequestHandler("prompts/list", () => ({ prompts: [handOver] }));
  server.setRequestHandler("prompts/get", async ({ params }) => {
    const { session_id: sessionId, task } = params.arguments ?? {};
    if (params.name !== handOver.name) throw invalid(`Unknown prompt: ${params.name}`);
    if (!sessionId) throw invalid("Missing argument: session_id");
    try {
      return await handOverMessages(sessionId, task, caller);
    } catch (cause) {
      throw protocolError(cause);
    }
  });
}

async function handOverMessages(sessionId: string, task: string | undefined, caller: Caller) {
  // The operations' own outputs.
  const info = (await call("session/read", { session_id: sessionId }, caller)) as SessionInfo;
  const { session_id, message_count, state, model } = info;
  const offset = Math.max(0, message_count - LAST_MESSAGES);
  const page = await call("session/history", { session_id, offset, limit: LAST_MESSAGES }, caller);
  const { messages } = page as SessionHistory;
  const text = [
    `Take over the Meerkat agent session ${session_id} (model ${model}, ${message_count} messages, ${state}).`,
    `Its last ${messages.length} messages are attached; earlier ones: meerkat_history.`,
    "The session itself remembers everything: say only what is new, with meerkat_resume and this session_id.",
    state === "running" ? "A turn is running: follow it with meerkat_event_stream_open first." : "",
    task ? `What to do next: ${task}` : "",
  ];
  const resource = {
    uri: resourceUri(caller.realm, session_id),
    mimeType: "application/json",
    text: JSON.stringify(messages),
  };
  return {
    description: handOver.description,
    messages: [
      {
        role: "user" as const,
        content: { type: "text" as const, text: text.filter(Boolean).join("\n") },
      },
      { role: "user" as const, content: { type: "resource" as const, resource } },
    ],
  };
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}

import {
  AppError,
  type ClientTool,
  ClientTools,
  pack,
  type PendingToolCall,
  toAppError,
  ToolReply,
  unpack,
} from "../../../sdk/contract/index.ts";
import type { SessionAddress } from "../../session-address.ts";
import type { Outlet } from "./outlet.ts";

interface Question {
  session: SessionAddress;
  call: PendingToolCall;
}

/**
 * The tools that one connected client runs (contract 3.7). A waiting call is offered to every
 * connection that has its tool; the first answer counts, so a client may reconnect and be asked again.
 */
export class ConnectionTools {
  readonly #outlet: Outlet;
  readonly #registered = new Map<string, ClientTool>();
  readonly #questions = new Map<string, Question>();
  readonly #offered = new Set<string>();
  #asked = 0;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** What turns of this connection bring along. */
  get tools(): readonly ClientTool[] {
    return [...this.#registered.values()];
  }

  /** `tools/register`; the same name again replaces the tool. @throws {AppError} `INVALID_PARAMS` */
  register(params: Record<string, unknown>): { registered: number } {
    const tools = ClientTools.safeParse(params.tools);
    if (!tools.success) {
      const [issue] = tools.error.issues;
      const where = ["tools", ...(issue?.path ?? [])].join(".");
      throw new AppError("INVALID_PARAMS", `Invalid params: ${where}: ${issue?.message}`);
    }
    for (const tool of tools.data) this.#registered.set(tool.name, tool);
    return { registered: tools.data.length };
  }

  /** Sends the session's waiting calls as `tool/execute`: all of a turn that this client started, else those it registered. */
  async offer(session: SessionAddress, isOwnTurn: boolean): Promise<void> {
    if (!isOwnTurn && this.#registered.size === 0) return;
    try {
      for (const call of await unpack(await session.stub().pending())) {
        const canRun = isOwnTurn || this.#registered.has(call.tool_name);
        if (canRun && !this.#offered.has(call.tool_use_id)) this.#ask({ session, call });
      }
    } catch (cause) {
      console.error("waiting tool calls could not be read", cause);
    }
  }

  /** Takes the client's answer; false if it answers something else. What comes late or twice changes nothing. */
  answered(id: string | number, result: unknown, isError: boolean): boolean {
    const question = this.#questions.get(String(id));
    if (!question) return false;
    this.#questions.delete(String(id));
    const reply = isError ? failedReply(result) : ToolReply.safeParse(result).data;
    const answer = reply ?? { content: "The client's answer was malformed", is_error: true };
    void this.#pass(question, answer);
    return true;
  }

  #ask({ session, call }: Question): void {
    this.#asked += 1;
    const id = `srv-${this.#asked}`;
    this.#offered.add(call.tool_use_id);
    this.#questions.set(id, { session, call });
    const { tool_use_id, tool_name: name, args } = call;
    const params = { session_id: session.sessionId, tool_use_id, name, arguments: args };
    this.#outlet.send(JSON.stringify({ jsonrpc: "2.0", id, method: "tool/execute", params }));
  }

  async #pass({ session, call }: Question, reply: ToolReply): Promise<void> {
    try {
      await session.stub().answer(pack([{ tool_use_id: call.tool_use_id, ...reply }]));
    } catch (cause) {
      // Somebody else was first, or the turn is over: both are fine.
      if (toAppError(cause).code === "INTERNAL_ERROR") console.error(cause);
    }
  }
}

/** The client said that it cannot run the call: the model hears why. */
function failedReply(error: unknown): ToolReply {
  const isTold = typeof error === "object" && error !== null && "message" in error;
  const message = isTold ? String(error.message) : "unknown";
  return { content: `The client could not run the tool: ${message}`, is_error: true };
}

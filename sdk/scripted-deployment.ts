import { connectionClosed } from "./errors.ts";
import { type Params, ScriptedSession, toolTurn } from "./scripted-session.ts";
import { ScriptedSocket, type SocketHost } from "./scripted-socket.ts";
import { tick } from "./tick.ts";
import type { OutgoingMessage, Socket, SocketListener, Transport } from "./transport.ts";

/** The contract's server in memory: it can lose connections at chosen places, as a real one cannot. */
export class ScriptedDeployment implements Transport, SocketHost {
  cutAfter: (undefined | "now")[] = [];
  script: typeof toolTurn = toolTurn;
  readonly sockets: ScriptedSocket[] = [];
  readonly posted: OutgoingMessage[] = [];
  readonly sessions = new Map<string, ScriptedSession>();
  readonly runs = new Map<string, Promise<Params>>();
  /** Answers that differ from the usual ones, by method. */
  readonly answers = new Map<string, (params: Params, socket?: ScriptedSocket) => unknown>();
  /** Held turns go on when it resolves. */
  gate: Promise<unknown> = Promise.resolve();
  refusals = 0;
  /** Whether a stream's events come before the answer that names it. */
  isEager = true;
  readonly #keys = new Map<string, { session: ScriptedSession; runId: string; after: number }>();

  /** All requests of a name, over whichever way. */
  requests(method: string): OutgoingMessage[] {
    const sent = this.sockets.flatMap(({ received }) => received);
    return [...this.posted, ...sent].filter((message) => message.method === method);
  }

  get socket(): ScriptedSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("No socket was opened");
    return last;
  }

  async post(request: OutgoingMessage): Promise<Params> {
    this.posted.push(request);
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw connectionClosed("refused");
    }
    return this.#answer(request);
  }

  async open(listener: SocketListener): Promise<Socket> {
    await tick();
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw connectionClosed("refused");
    }
    const socket = new ScriptedSocket(this, listener);
    this.sockets.push(socket);
    return socket;
  }

  async serve(request: OutgoingMessage, socket: ScriptedSocket): Promise<void> {
    await tick();
    if (request.id !== undefined) socket.deliver(await this.#answer(request, socket));
  }

  /** The session of that id, or the newest. */
  session(id?: unknown): ScriptedSession {
    const session =
      typeof id === "string" ? this.sessions.get(id) : [...this.sessions.values()].at(-1);
    if (session) return session;
    throw { code: -32001, message: "Session not found", data: { code: "SESSION_NOT_FOUND" } };
  }

  async #answer({ id, method = "", params = {} }: OutgoingMessage, socket?: ScriptedSocket) {
    try {
      const answer = this.answers.get(method);
      const result = answer
        ? await answer(params, socket)
        : await this.#usual(method, params, socket);
      return { id, result };
    } catch (error) {
      return { id, error: error as object };
    }
  }

  #usual(method: string, params: Params, socket?: ScriptedSocket): unknown {
    switch (method) {
      case "initialize":
        return { contract_version: "0.8.26" };
      case "capabilities/get":
        return { capabilities: [{ id: "sessions", description: "Sessions", status: "Available" }] };
      case "session/create":
      case "turn/start":
        return this.#turn(params, socket);
      case "turn/result":
        return this.runs.get(String(params.run_id));
      case "session/read":
        return {
          session_id: params.session_id,
          last_seq: this.session(params.session_id).log.length,
        };
      case "session/stream_open":
        return this.#stream(params, socket);
      case "session/stream_close":
        socket?.streams.get(String(params.stream_id))?.();
        return { closed: true };
      default:
        return {};
    }
  }

  #turn({ idempotency_key, session_id }: Params, socket?: ScriptedSocket): unknown {
    const key = String(idempotency_key);
    const known = this.#keys.get(key);
    const session = known?.session ?? (session_id ? this.session(session_id) : this.#create());
    const { runId, after } = known ?? { runId: crypto.randomUUID(), after: session.log.length };
    this.#keys.set(key, { session, runId, after });
    if (!known) this.runs.set(runId, this.#play(session, runId));
    const stop = session.watch(after, (event) =>
      socket?.notify("session/event", { session_id: session.id, event }),
    );
    return this.runs.get(runId)?.finally(stop);
  }

  #create(): ScriptedSession {
    const session = new ScriptedSession();
    this.sessions.set(session.id, session);
    return session;
  }

  async #play(session: ScriptedSession, run_id: string): Promise<Params> {
    const session_id = session.id;
    session.emit({ type: "run_started", session_id, run_id, prompt: "?" });
    for (const payload of this.script) {
      await tick();
      await this.gate;
      session.emit(payload);
    }
    await tick();
    const text = "It is blue.";
    session.emit({ type: "run_completed", session_id, run_id, result: text, usage: {} });
    return {
      session_id,
      session_ref: `default:${session_id}`,
      run_id,
      text,
      turns: 2,
      tool_calls: 1,
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      structured_output: { snake_key: true },
    };
  }

  #stream({ session_id, after }: Params, socket?: ScriptedSocket): Params {
    const stream_id = crypto.randomUUID();
    const session = this.session(session_id);
    const begin = (): void => {
      const told = (event: Params): void =>
        socket?.notify("session/stream_event", { stream_id, session_id, event });
      socket?.streams.set(stream_id, session.watch(Number(after), told));
    };
    if (this.isEager) begin();
    else setTimeout(begin);
    return { stream_id, session_id, opened: true };
  }
}

import { AppError } from "../../../sdk/contract/index.ts";
import type { Caller, StartedRun } from "../../call.ts";
import { sessionFor } from "../../confinement.ts";
import type { SessionAddress } from "../../session-address.ts";
import type { ConnectionTools } from "./client-tools.ts";
import type { Outlet } from "./outlet.ts";
import { cursorParam, overflow, RpcStream, type StreamSink } from "./stream.ts";

const MAX_STREAMS = 256;

type Params = Record<string, unknown>;

/** All that one connection follows: the turns it started, and the streams it opened. */
export class RpcStreams {
  readonly #caller: Caller;
  readonly #outlet: Outlet;
  readonly #tools: ConnectionTools;
  readonly #open = new Map<string, RpcStream>();
  /** Runs that are being told, by id. */
  readonly #told = new Map<string, Promise<void>>();

  constructor(caller: Caller, outlet: Outlet, tools: ConnectionTools) {
    this.#caller = caller;
    this.#outlet = outlet;
    this.#tools = tools;
  }

  /** Offers the calls that wait in any followed session: a tool for them may just have been registered. */
  offerPending(): void {
    for (const { session } of this.#open.values()) void this.#tools.offer(session, false);
  }

  /** Sends a run's events as `session/event`, once per connection; resolves after its terminal event. */
  tell(run: StartedRun): Promise<void> {
    const told = this.#told.get(run.runId) ?? this.#tell(run);
    this.#told.set(run.runId, told);
    return told.finally(() => this.#told.delete(run.runId));
  }

  async #tell({ session, runId, after, isUnderWay = false }: StartedRun): Promise<void> {
    const over = Promise.withResolvers<void>();
    const head = `{"jsonrpc":"2.0","method":"session/event","params":{"session_id":"${session.sessionId}","event":`;
    let isMine = isUnderWay;
    const sink: StreamSink = {
      event: (line) => {
        // One frame may hold the end of another run before it, and the start of one after it.
        isMine ||= isOf(line, runId) && (isStart(line) || isTerminal(line));
        if (!isMine) return;
        this.#outlet.send(`${head}${line}}}`);
        if (isPending(line)) void this.#tools.offer(session, true);
        if (!isTerminal(line) || !isOf(line, runId)) return;
        isMine = false;
        over.resolve();
      },
      end: () => over.resolve(),
    };
    const streamId = crypto.randomUUID();
    const stream = this.#follow(streamId, session, sink);
    try {
      await stream.open(after);
      await over.promise;
    } catch (cause) {
      // The answer still comes: it does not depend on this socket having seen the events.
      console.error("a run could not be followed", cause);
    } finally {
      stream.close({ outcome: "explicit_close" });
      this.#open.delete(streamId);
    }
  }

  /** `session/stream_open` (contract 3.6), with an optional cursor. @throws {AppError} */
  async open({ session_id, after }: Params): Promise<Params> {
    if (typeof session_id !== "string") {
      throw new AppError("INVALID_PARAMS", "Invalid params: session_id: expected a string");
    }
    if (this.#open.size >= MAX_STREAMS) {
      const message = `This connection follows ${MAX_STREAMS} streams already: open another`;
      throw new AppError("SERVICE_UNAVAILABLE", message);
    }
    const session = await sessionFor("read", session_id, this.#caller);
    const ids = { stream_id: crypto.randomUUID(), session_id: session.sessionId };
    const stream = this.#follow(ids.stream_id, session, this.#sink(ids, session));
    try {
      await stream.open(cursorParam(after));
      void this.#tools.offer(session, false);
    } catch (cause) {
      this.#open.delete(ids.stream_id);
      throw cause;
    }
    return { ...ids, opened: true };
  }

  /** `session/stream_close`; closing twice is no error. @throws {AppError} */
  close({ stream_id }: Params): Params {
    if (typeof stream_id !== "string" || !/^[0-9a-f-]{36}$/i.test(stream_id)) {
      throw new AppError("INVALID_PARAMS", "Invalid params: stream_id: expected a UUID");
    }
    const stream = this.#open.get(stream_id);
    stream?.close({ outcome: "explicit_close" });
    return { stream_id, closed: true, already_closed: stream === undefined };
  }

  /** Ends everything because the client does not read, each stream with its last cursor. */
  overflow(): void {
    this.#end((stream) => overflow(stream.cursor));
  }

  /** Ends everything because the connection has done its part, each stream with the place to go on from. */
  retire(): void {
    const message = "This connection ends: open the stream again at the cursor";
    this.#end(({ cursor }) => ({
      outcome: "remote_end",
      error: { code: "reconnect", message, cursor },
    }));
  }

  /** Lets go of everything because the client is gone. */
  abandon(): void {
    this.#end(() => ({ outcome: "explicit_close" }));
  }

  #end(why: (stream: RpcStream) => Parameters<RpcStream["close"]>[0]): void {
    const streams = [...this.#open.values()];
    this.#open.clear();
    for (const stream of streams) stream.close(why(stream));
  }

  #follow(id: string, session: SessionAddress, sink: StreamSink): RpcStream {
    const stream = new RpcStream(session, this.#outlet, sink);
    this.#open.set(id, stream);
    return stream;
  }

  #sink(ids: { stream_id: string; session_id: string }, session: SessionAddress): StreamSink {
    let sequence = 0;
    const head = `{"jsonrpc":"2.0","method":"session/stream_event","params":{"stream_id":"${ids.stream_id}","session_id":"${ids.session_id}","sequence":`;
    return {
      event: (line) => {
        sequence += 1;
        this.#outlet.send(`${head}${sequence},"event":${line}}}`);
        if (isPending(line)) void this.#tools.offer(session, false);
      },
      end: (end) => {
        this.#open.delete(ids.stream_id);
        const params = { ...ids, ended: true, ...end };
        const method = "session/stream_end";
        this.#outlet.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
      },
    };
  }
}

function isPending(line: string): boolean {
  return line.startsWith('{"type":"interaction_callback_pending"');
}

function isStart(line: string): boolean {
  return line.startsWith('{"type":"run_started"');
}

/** Recognises a run's last event without parsing the line: the type always stands first. */
function isTerminal(line: string): boolean {
  return line.startsWith('{"type":"run_completed"') || line.startsWith('{"type":"run_failed"');
}

function isOf(line: string, runId: string): boolean {
  return line.includes(`"run_id":"${runId}"`);
}

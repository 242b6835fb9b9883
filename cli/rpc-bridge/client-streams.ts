import { isRecord } from "../../sdk/json.ts";
import { ClientCall, type Reply } from "./client-call.ts";
import { forOfficialSdks } from "./event-dialect.ts";
import type { Outcome } from "./json-rpc.ts";
import type { Link } from "./link.ts";
import { type DeploymentStreams, StreamCall, type StreamOwner } from "./stream-call.ts";

type Params = Record<string, unknown>;
type Notify = (method: string, params: Params) => void;
type Failure = Extract<Outcome, { error: unknown }>;

/** The streams that the client opened, each under one name for as long as the client keeps it. */
export class ClientStreams {
  readonly #link: Link;
  readonly #streams: DeploymentStreams;
  readonly #notify: Notify;
  readonly #open = new Map<string, ClientStream>();

  constructor(link: Link, streams: DeploymentStreams, notify: Notify) {
    this.#link = link;
    this.#streams = streams;
    this.#notify = notify;
  }

  open(params: unknown, reply: Reply): void {
    const stream = new ClientStream(params, reply, {
      notify: this.#notify,
      named: (id) => this.#open.set(id, stream),
      over: (id) => this.#open.delete(id),
    });
    stream.follow(new StreamCall(stream, this.#streams, this.#link), this.#link);
  }

  /** False for a stream that is not open: the deployment knows what to say to that. */
  close(streamId: unknown, reply: Reply): boolean {
    const stream = typeof streamId === "string" ? this.#open.get(streamId) : undefined;
    if (!stream) return false;
    stream.close();
    reply({ result: { stream_id: streamId, closed: true, already_closed: false } });
    return true;
  }
}

interface StreamSurroundings {
  notify: Notify;
  named(id: string): void;
  over(id: string): void;
}

/** One stream of the client's, with the same name and one row of numbers over all connections. */
class ClientStream implements StreamOwner {
  readonly #params: unknown;
  readonly #around: StreamSurroundings;
  #reply: Reply | undefined;
  #call: StreamCall | undefined;
  #link: Link | undefined;
  #ids: { stream_id: string; session_id: unknown } | undefined;
  #sequence = 0;
  /** The last event told; before the first, the place where the stream began if that is known. */
  #cursor: number | undefined;

  constructor(params: unknown, reply: Reply, around: StreamSurroundings) {
    this.#params = params;
    this.#reply = reply;
    this.#around = around;
  }

  follow(call: StreamCall, link: Link): void {
    this.#call = call;
    this.#link = link;
    link.add(call);
    if (!isRecord(this.#params) || typeof this.#params.after === "number") return;
    // Opened without a cursor it begins at the newest event, and the answer does not say which that is.
    const { session_id } = this.#params;
    const read = { method: "session/read", params: { session_id } };
    link.add(new ClientCall(read, (outcome) => this.#beginAt(outcome)));
  }

  close(): void {
    this.#call?.close();
    this.#end({ outcome: "explicit_close" });
  }

  place(): unknown {
    if (!isRecord(this.#params) || this.#cursor === undefined) return this.#params;
    return { ...this.#params, after: this.#cursor };
  }

  opened(result: Params): void {
    if (this.#ids) return;
    const stream_id = String(result.stream_id);
    this.#ids = { stream_id, session_id: result.session_id };
    this.#around.named(stream_id);
    this.#reply?.({ result });
  }

  refused(failure: Failure): void {
    if (!this.#ids) return this.#reply?.(failure);
    const { data, message } = failure.error;
    const code = isRecord(data) ? String(data.code) : "INTERNAL_ERROR";
    // Archived meanwhile: nothing will ever follow.
    if (code === "SESSION_NOT_FOUND") return this.#end({ outcome: "remote_end" });
    return this.#end({ outcome: "terminal_error", error: { code, message } });
  }

  event(event: Params): void {
    const { seq } = event;
    if (typeof seq !== "number" || seq <= (this.#cursor ?? -1)) return;
    this.#cursor = seq;
    const shown = forOfficialSdks(event);
    if (!shown || !this.#ids) return;
    this.#sequence += 1;
    const { stream_id, session_id } = this.#ids;
    // No scope: the SDKs would expect another event inside (sdk-compat 5.2).
    const params = { stream_id, sequence: this.#sequence, session_id, event: shown };
    this.#around.notify("session/stream_event", params);
  }

  ended(): void {
    // The end of a session and a reader too slow look alike from here; opening it again tells them apart.
    if (this.#call) this.#link?.again(this.#call);
  }

  #beginAt(outcome: Outcome): void {
    const info = "result" in outcome && isRecord(outcome.result) ? outcome.result : {};
    if (info.state === "idle" && typeof info.last_seq === "number") this.#cursor ??= info.last_seq;
  }

  #end(how: Params): void {
    if (!this.#ids) return;
    this.#around.over(this.#ids.stream_id);
    this.#around.notify("session/stream_end", { ...this.#ids, ended: true, ...how });
  }
}

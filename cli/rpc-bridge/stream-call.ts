import { isRecord } from "../../sdk/json.ts";
import type { Call } from "./call.ts";
import { type Asked, ClientCall } from "./client-call.ts";
import { failure, type Outcome } from "./json-rpc.ts";
import type { Link } from "./link.ts";

type Params = Record<string, unknown>;

const noStream = failure(-32603, "INTERNAL_ERROR", "The deployment opened no stream");

/** What is done with a stream's events, over all the connections that bring them. */
export interface StreamOwner {
  /** The parameters to open it with now, the cursor among them. */
  place(): unknown;
  /** Told again after each reconnect. */
  opened(result: Params): void;
  refused(error: Extract<Outcome, { error: unknown }>): void;
  event(event: Params): void;
  /** The deployment ended it for good. */
  ended(end: Params): void;
}

type Notice = { event: Params } | { end: Params };

/** A stream that is open at the deployment, and opened again at its place when a connection is lost. */
export class StreamCall implements Call {
  readonly #owner: StreamOwner;
  readonly #streams: DeploymentStreams;
  readonly #link: Link;
  #isStanding = true;

  constructor(owner: StreamOwner, streams: DeploymentStreams, link: Link) {
    this.#owner = owner;
    this.#streams = streams;
    this.#link = link;
  }

  get isStanding(): boolean {
    return this.#isStanding;
  }

  ask(): Asked {
    this.#streams.expect();
    return { method: "session/stream_open", params: this.#owner.place() };
  }

  answered(outcome: Outcome): void {
    const result = "result" in outcome && isRecord(outcome.result) ? outcome.result : undefined;
    if (!this.#isStanding || !result) this.#streams.opened();
    if (!this.#isStanding) return this.#tellClosed(result?.stream_id);
    if (result) {
      this.#owner.opened(result);
      return this.#streams.opened(String(result.stream_id), this.#owner);
    }
    this.#isStanding = false;
    return this.#owner.refused("error" in outcome ? outcome : noStream);
  }

  /** Nothing more of it is wanted, whether it is open by now or still on its way. */
  close(): void {
    this.#isStanding = false;
    const streamId = this.#streams.remove(this.#owner);
    this.#tellClosed(streamId);
    // One that was asked for and not answered stays until its answer tells what to close.
    if (streamId !== undefined || !this.#link.connection) this.#link.drop(this);
  }

  #tellClosed(stream_id: unknown): void {
    if (typeof stream_id !== "string") return;
    const close = { method: "session/stream_close", params: { stream_id } };
    this.#link.add(new ClientCall(close, () => undefined));
  }
}

/** Tells which open stream a notice of the present connection belongs to. */
export class DeploymentStreams {
  readonly #owners = new Map<string, StreamOwner>();
  /** What came before the answer that names its stream. */
  readonly #early = new Map<string, Notice[]>();
  #opening = 0;

  /** To be called before a stream is asked for. */
  expect(): void {
    this.#opening += 1;
  }

  /** To be called with the answer, or without a name when there is none. */
  opened(streamId?: string, owner?: StreamOwner): void {
    this.#opening = Math.max(0, this.#opening - 1);
    if (streamId !== undefined && owner) {
      this.#owners.set(streamId, owner);
      const early = this.#early.get(streamId) ?? [];
      this.#early.delete(streamId);
      for (const notice of early) this.notice(streamId, notice);
    }
    if (this.#opening === 0) this.#early.clear();
  }

  notice(streamId: string, notice: Notice): void {
    const owner = this.#owners.get(streamId);
    if (owner && "event" in notice) owner.event(notice.event);
    if (owner && "end" in notice) {
      this.#owners.delete(streamId);
      owner.ended(notice.end);
    }
    if (owner || this.#opening === 0) return;
    const early = this.#early.get(streamId);
    if (early) early.push(notice);
    else this.#early.set(streamId, [notice]);
  }

  /** Forgets a stream, and returns its name at the deployment. */
  remove(owner: StreamOwner): string | undefined {
    for (const [streamId, known] of this.#owners) {
      if (known !== owner) continue;
      this.#owners.delete(streamId);
      return streamId;
    }
    return undefined;
  }

  /** The connection is gone, and with it every name that it gave. */
  lost(): void {
    this.#owners.clear();
    this.#early.clear();
    this.#opening = 0;
  }
}

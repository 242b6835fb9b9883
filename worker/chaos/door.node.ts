import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP relay with an address that stays while the server behind it comes and goes. */
export class Door implements AsyncDisposable {
  readonly #relay: Server;
  readonly #open = new Set<Socket>();
  #port = 0;

  static async open(): Promise<Door> {
    const door = new Door();
    door.#relay.listen(0, "127.0.0.1");
    await once(door.#relay, "listening");
    return door;
  }

  private constructor() {
    this.#relay = createServer({ noDelay: true }, (near) => this.#relayTo(near));
  }

  get url(): string {
    const address = this.#relay.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  /** From now on connections go to the server at this address; those that are open stay as they are. */
  leadTo(url: string): void {
    this.#port = Number(new URL(url).port);
  }

  /** Breaks every connection that is open. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#relay, "close");
    this.#relay.close();
    this.cut();
    await closed;
  }

  #relayTo(near: Socket): void {
    const far = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    this.#couple(near, far);
    this.#couple(far, near);
  }

  #couple(from: Socket, to: Socket): void {
    this.#open.add(from);
    // An error is followed by `close`, which is what counts.
    from.on("error", () => {});
    from.on("close", () => {
      this.#open.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
}

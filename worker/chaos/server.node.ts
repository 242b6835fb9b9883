import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerBundle } from "../../cli/embedded/worker-bundle.ts";
import { readWranglerSettings } from "../../cli/embedded/wrangler-settings.ts";
import { Workerd } from "../bench/workerd.node.ts";
import { Door } from "./door.node.ts";

/** The Worker in raw workerd behind an address that stays, with a kill switch. */
export class ChaosServer implements AsyncDisposable {
  readonly door: Door;
  readonly #workerd: Workerd;
  readonly #folder: string;
  #up: Promise<void> = Promise.resolve();
  #kills = 0;

  /** Builds the Worker from its sources and starts it on a state of its own. */
  static async start(bindings: Record<string, string>): Promise<ChaosServer> {
    const { main, compatibility_date, compatibility_flags } = readWranglerSettings();
    const setup = {
      modules: { "index.js": await workerBundle(main) },
      bindings: { RKAT_OPEN_ACCESS: "loopback", RKAT_DEFAULT_REALM: "chaos", ...bindings },
      objects: { SessionObject: "SESSIONS", RealmObject: "REALMS" },
      compatibility: { date: compatibility_date, flags: compatibility_flags },
    };
    const folder = mkdtempSync(join(tmpdir(), "rkat-chaos-"));
    const server = new ChaosServer(folder, new Workerd(folder, setup), await Door.open());
    await server.#start();
    return server;
  }

  private constructor(folder: string, workerd: Workerd, door: Door) {
    this.#folder = folder;
    this.#workerd = workerd;
    this.door = door;
  }

  get url(): string {
    return this.door.url;
  }

  get kills(): number {
    return this.#kills;
  }

  /** Resolves while the server listens, else when it does again. */
  up(): Promise<void> {
    return this.#up;
  }

  /** `kill -9`, then a start on the same state. Resolves when it listens again. */
  crash(): Promise<void> {
    this.#kills += 1;
    this.#up = this.#again(this.#up);
    return this.#up;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#up.catch(() => {});
    // Clients that never give up must notice that nobody will come back.
    this.#up = Promise.reject(new Error("the server is gone for good"));
    this.#up.catch(() => {});
    await this.#workerd.kill();
    await this.door[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #again(before: Promise<void>): Promise<void> {
    await before;
    await this.#workerd.kill();
    await this.#start();
  }

  async #start(): Promise<void> {
    await this.#workerd.start();
    this.door.leadTo(this.#workerd.url);
  }
}

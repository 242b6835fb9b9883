import { NetworkTransport } from "../../sdk/network-transport.ts";
import type { Transport } from "../../sdk/transport.ts";
import { type Deployment, openDeployment } from "../deployment.ts";
import { openStateRoot, readServerNote } from "../embedded/state-root.ts";
import { type GlobalFlags, instanceFlags } from "../global-flags.ts";
import type { Gateway } from "./link.ts";

/** How long the process that served is waited for, before this one serves in its place. */
const RESTART_MS = 3_000;

/** The deployment of the command line's choice; on this machine also where it is after a restart. */
export class DeploymentGateway implements Gateway {
  readonly #flags: GlobalFlags;
  #deployment: Promise<Deployment> | undefined;

  constructor(flags: GlobalFlags) {
    this.#flags = flags;
  }

  /** @throws {Error} when there is none and none can be started. */
  async transport(lostMs: number): Promise<Transport> {
    const known = await this.#deployment;
    if (known && this.#isElsewhere(known, lostMs)) await this.release();
    this.#deployment ??= openDeployment(this.#flags);
    try {
      const { url, token, realm } = await this.#deployment;
      const { instance } = instanceFlags(this.#flags);
      return new NetworkTransport({ url, token, realmId: realm, instanceId: instance });
    } catch (error) {
      this.#deployment = undefined;
      throw error;
    }
  }

  /** Lets go of a server on this machine; stops it if it is this process's own. */
  async release(): Promise<void> {
    const deployment = this.#deployment;
    this.#deployment = undefined;
    await (await deployment?.catch(() => undefined))?.release();
  }

  #isElsewhere({ place, url }: Deployment, lostMs: number): boolean {
    if (place !== "joined") return false;
    const note = readServerNote(openStateRoot(this.#flags.stateRoot));
    return lostMs > RESTART_MS || (note !== undefined && note.url !== url);
  }
}

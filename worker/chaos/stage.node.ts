import { Rest } from "./rest.node.ts";
import { ChaosServer } from "./server.node.ts";
import { Vendors } from "./vendors.node.ts";

const config = {
  tools: { builtins_enabled: true },
  retry: { initial_delay: "20ms", max_delay: "60ms", max_retries: 3 },
};
const impatient = { call_timeout: "600ms", stream_inactivity_timeout: "600ms" };

/** Everything that stories are played on: a real server, and the vendors that it calls. */
export class Stage implements AsyncDisposable {
  readonly server: ChaosServer;
  readonly vendors: Vendors;

  /** Starts vendors and server, and tells the realms their settings. */
  static async set(): Promise<Stage> {
    const vendors = await Vendors.start();
    const stage = new Stage(vendors, await ChaosServer.start(vendors.bindings));
    await new Rest(stage.server, "chaos").ask("PUT", "/config", { config });
    const retry = { ...config.retry, ...impatient };
    const rest = new Rest(stage.server, "impatient");
    await rest.ask("PUT", "/config", { config: { ...config, retry } });
    return stage;
  }

  private constructor(vendors: Vendors, server: ChaosServer) {
    this.vendors = vendors;
    this.server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.vendors[Symbol.asyncDispose]();
  }
}

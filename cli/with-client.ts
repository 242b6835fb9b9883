import { MeerkatClient } from "../sdk/index.ts";
import { type Deployment, openDeployment } from "./deployment.ts";
import { type GlobalFlags, instanceFlags } from "./global-flags.ts";

/** A connection to the deployment, for the length of one command. */
export interface Connection {
  client: MeerkatClient;
  /** Absent when the deployment chooses it. */
  realm: string | undefined;
}

/** Connects, lets a command do its work, and leaves nothing behind however that ends. */
export async function withClient(
  flags: GlobalFlags,
  work: (connection: Connection) => Promise<number>,
): Promise<number> {
  const deployment = await openDeployment(flags);
  const client = new MeerkatClient();
  try {
    await connect(client, deployment, flags);
    return await work({ client, realm: deployment.realm });
  } finally {
    await client.close();
    await deployment.release();
  }
}

async function connect(
  client: MeerkatClient,
  { url, token, realm }: Deployment,
  flags: GlobalFlags,
): Promise<void> {
  const { instance } = instanceFlags(flags);
  const connected = client.connect({ url, token, realmId: realm, instanceId: instance });
  // The SDK is patient with a deployment that does not answer; somebody at a terminal is not.
  await Promise.all([connected, reach(url)]);
}

async function reach(url: string): Promise<void> {
  try {
    const reply = await fetch(`${url.replace(/\/+$/, "")}/health`);
    await reply.body?.cancel();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot reach ${url}: ${reason}; is the server running?`, { cause: error });
  }
}

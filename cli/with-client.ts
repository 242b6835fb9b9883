import { MeerkatClient } from "../sdk/index.ts";
import { type Deployment, openDeployment } from "./deployment.ts";
import { type GlobalFlags, instanceFlags } from "./global-flags.ts";
import { exchange } from "./http-exchange.ts";

/** A connection to the deployment, for the length of one command. */
export interface Connection {
  client: MeerkatClient;
  /** Absent when the deployment chooses it. */
  realm: string | undefined;
  place: Deployment["place"];
}

/** Connects, lets a command do its work, and leaves nothing behind however that ends. */
export async function withClient(
  flags: GlobalFlags,
  work: (connection: Connection) => Promise<number>,
): Promise<number> {
  return await withDeployment(await openDeployment(flags), flags, work);
}

/** The same with a deployment that was found already, which is let go at the end. */
export async function withDeployment<Result>(
  deployment: Deployment,
  flags: GlobalFlags,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const client = new MeerkatClient();
  try {
    await connect(client, deployment, flags);
    return await work({ client, realm: deployment.realm, place: deployment.place });
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
  const { instance: instanceId } = instanceFlags(flags);
  const connected = client.connect({ url, token, realmId: realm, instanceId, exchange });
  // The SDK is patient with a deployment that does not answer; somebody at a terminal is not.
  connected.catch(() => undefined);
  await reach(url);
  await connected;
}

/** @throws Error that says why nobody answers at a URL */
export async function reach(url: string): Promise<void> {
  try {
    const request = { method: "GET", headers: {} };
    const reply = await exchange(`${url.replace(/\/+$/, "")}/health`, request);
    await reply.text();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot reach ${url}: ${reason}; is the server running?`, { cause: error });
  }
}

import { connectionClosed, isConnectionClosed, MeerkatError } from "../sdk/errors.ts";
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
  /** Called when the connection is lost and the first try did not bring it back. */
  onLost: () => void;
}

/** The first try follows at once: what it cures is not worth a word. */
const TOLD_ATTEMPT = 2;

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
  const onReconnect = (attempt: number) => {
    if (attempt === TOLD_ATTEMPT) connection.onLost();
  };
  const client = new MeerkatClient({ onReconnect });
  const { realm, place } = deployment;
  const connection: Connection = { client, realm, place, onLost: () => undefined };
  try {
    await connect(client, deployment, flags);
    return await work(connection);
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
  try {
    const options = { url, token, realmId: realm, instanceId, exchange };
    await client.connect({ ...options, capabilities: false });
  } catch (error) {
    throw unreached(url, error);
  }
}

/** @throws Error that says why nobody answers at a URL */
export async function reach(url: string): Promise<void> {
  try {
    const request = { method: "GET", headers: {} };
    const reply = await exchange(`${url.replace(/\/+$/, "")}/health`, request);
    await reply.text();
  } catch (cause) {
    throw unreached(url, connectionClosed("", { cause }));
  }
}

/** Says which URL it was that nobody answered at, and why; other errors stay what they are. */
function unreached(url: string, error: unknown): unknown {
  if (!(error instanceof Error) || !isConnectionClosed(error)) return error;
  const { message } = error.cause instanceof Error ? innermost(error.cause) : error;
  const told = `cannot reach ${url}: ${message}; is the server running?`;
  return new MeerkatError("NOT_CONNECTED", told, { cause: error });
}

/** A name with several addresses fails once for each of them, and then says nothing itself. */
function innermost(error: Error): Error {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? first : error;
}

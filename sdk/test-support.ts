import { MeerkatClient } from "./client.ts";
import type { ConnectOptions } from "./client-options.ts";
import { ScriptedDeployment } from "./scripted-deployment.ts";

export { tick, until } from "./tick.ts";

/** A client connected to a scripted deployment. */
export async function scripted(
  options: ConnectOptions = {},
): Promise<{ client: MeerkatClient; deployment: ScriptedDeployment }> {
  const deployment = new ScriptedDeployment();
  const client = new MeerkatClient({ transport: deployment, ...options });
  await client.connect();
  return { client, deployment };
}

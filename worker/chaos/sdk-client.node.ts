import { MeerkatClient } from "../../sdk/index.ts";
import type { ChaosServer } from "./server.node.ts";
import { inner } from "./json.node.ts";
import type { View } from "./view.node.ts";

/** A client of the SDK, as patient as the suite needs it. */
export async function sdkClient(server: ChaosServer, realmId: string): Promise<MeerkatClient> {
  for (;;) {
    await server.up();
    const client = new MeerkatClient({ url: server.url, realmId, reconnectAttempts: 40 });
    try {
      return await client.connect();
    } catch (cause) {
      // A client that never was connected does not try again by itself.
      if (inner(cause).code !== "CONNECTION_CLOSED") throw cause;
    }
  }
}

/** Follows a session by a subscription of the SDK's, which reconnects by itself. */
export async function followSdk(
  client: MeerkatClient,
  sessionId: string,
  view: View,
): Promise<void> {
  try {
    const subscription = await client.subscribeSessionEvents(sessionId, { after: view.cursor });
    for await (const { seq, payload } of subscription) {
      view.add({ seq, type: payload.type, event: inner(payload) });
    }
  } catch (cause) {
    view.refused(`${String(inner(cause).code)} ${String(cause)}`);
  }
}

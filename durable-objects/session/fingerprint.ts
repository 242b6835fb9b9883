// What the Worker adds for each try, or takes from the connection, is no part of what was asked.
const added = new Set([
  "run_id",
  "idempotency_key",
  "turn_tools",
  "callback_timeout_ms",
  "quota",
  "initiator",
]);

/** A short text that two requests share only if they ask for the same. */
export async function fingerprint(request: object): Promise<string> {
  const asked = Object.entries(request).filter(([key]) => !added.has(key));
  const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(asked)));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

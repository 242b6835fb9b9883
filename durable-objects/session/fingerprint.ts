/**
 * A short text that two requests share only if they ask for the same. Ids that the Worker makes anew
 * for each try do not count.
 */
export async function fingerprint(request: object): Promise<string> {
  const { run_id: _run, idempotency_key: _key, ...asked } = request as Record<string, unknown>;
  const bytes = new TextEncoder().encode(JSON.stringify(asked));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

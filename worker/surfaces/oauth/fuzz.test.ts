import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { newRealm } from "../../../durable-objects/test-support.ts";
import { app } from "../../app.ts";
import { type Json, post } from "../../test-support.ts";
import { Dance, REDIRECT } from "./test-dance.ts";

const ORIGIN = "https://edge.example";
const deployed = { ...env, RKAT_ADMIN_TOKEN: "a-deployment-secret-of-some-length" };
const ask = async (url: string, init?: RequestInit) =>
  await app.fetch(new Request(url, { redirect: "manual", ...init }), deployed);

const rubbish = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "",
    "a:b:c",
    "global:b:c",
    "__proto__:constructor:prototype",
    `${"x".repeat(64)}:y:z`,
    "https://127.0.0.1/client.json",
    "https://client.example/\u0000",
    "%00",
    "%",
    "null",
    "[]",
    "🦦".repeat(2_000),
  ),
);

/** What an attacker who has signed in knows, and what else may stand in its place. */
function requests(known: Record<string, string>) {
  const value = (name: string) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(known[name] ?? "") }, rubbish);
  const params = fc
    .record(Object.fromEntries(Object.keys(known).map((name) => [name, value(name)])), {
      requiredKeys: [],
    })
    .map((record) => new URLSearchParams(record as Record<string, string>).toString());
  const bodies = fc.oneof(params, rubbish, fc.json({ maxDepth: 3 }));
  return fc.record({
    method: fc.constantFrom("GET", "POST", "POST", "PUT", "DELETE", "OPTIONS"),
    path: fc.constantFrom("authorize", "token", "token", "register", "revoke", "", "authorize/"),
    query: fc.oneof(params, fc.constant("")),
    type: fc.constantFrom("application/x-www-form-urlencoded", "application/json", "text/plain"),
    authorization: fc.option(
      rubbish.map((text) => `Basic ${btoa(encodeURIComponent(text))}`),
      { nil: undefined },
    ),
    body: bodies,
  });
}

describe("the addresses of OAuth", () => {
  it("answer whatever comes in words of their own, and give nothing to who has half of what it takes", async () => {
    vi.spyOn(console, "info").mockImplementation(() => undefined);
    const d = new Dance(ORIGIN, ask);
    const realm = newRealm();
    const { body: own } = await post<Json & { token: string }>(`/realms/${realm}/tokens`, {});
    const { clientId, ...held } = await d.signedIn(own);
    const code = await d.code(clientId, own);
    const stranger = await d.register();
    const known = {
      response_type: "code",
      grant_type: "authorization_code",
      client_id: stranger,
      redirect_uri: REDIRECT,
      code,
      code_verifier: "x".repeat(43),
      code_challenge: "x".repeat(43),
      code_challenge_method: "S256",
      refresh_token: held.refresh_token,
      token: held.access_token,
      scope: "read run admin",
      resource: `${ORIGIN}/realms/${realm}/mcp`,
      handle: "x".repeat(43),
      decision: "approve",
      state: "s",
    };
    const property = fc.asyncProperty(requests(known), async (drawn) => {
      const { method, path, query, type, authorization, body } = drawn;
      const response = await ask(`${ORIGIN}/oauth/${path}?${query}`, {
        method,
        headers: { "content-type": type, ...(authorization ? { authorization } : {}) },
        ...(method === "POST" || method === "PUT" ? { body } : {}),
      });
      const text = await response.text();
      expect(response.status).toBeLessThan(500);
      expect(text).not.toMatch(/\n\s+at |rkat_|node_modules/);
      const onward = response.headers.get("location");
      if (onward !== null) expect(onward.startsWith(`${REDIRECT}?error=`)).toBe(true);
    });
    await fc.assert(property, { numRuns: 300 });

    // Nothing of all that has used up or ended what is another's.
    expect((await d.exchange(clientId, code)).status).toBe(200);
    expect((await d.refresh(clientId, held.refresh_token)).status).toBe(200);
  });
});

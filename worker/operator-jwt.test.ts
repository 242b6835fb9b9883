import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { newRealm } from "../durable-objects/test-support.ts";
import { app } from "./app.ts";
import type { Json } from "./test-support.ts";

const issuer = "https://team.cloudflareaccess.example";
const jwks_uri = `${issuer}/cdn-cgi/access/certs`;
const realm = newRealm();
const config = [
  {
    issuer,
    audience: "meerkat",
    jwks_uri,
    rules: [
      { when: { claim: "groups", value: "ops" }, realms: ["*"], scopes: ["read", "run", "admin"] },
      { when: { claim: "email", value: "ann@example.com" }, realms: [realm], scopes: ["read"] },
      {
        when: { claim: "tenant_user", value: "yes" },
        realms: { claim: "tenant" },
        scopes: { claim: "scope" },
      },
    ],
  },
];

let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let asked = 0;
const outside = globalThis.fetch;

beforeAll(async () => {
  pair = await generateKeyPair("ES256", { extractable: true });
  const key = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "ES256" };
  // The issuer, as far as a Worker sees it: the address of its public keys.
  globalThis.fetch = (input, init) => {
    if (String(input instanceof Request ? input.url : input) !== jwks_uri)
      return outside(input, init);
    asked += 1;
    return Promise.resolve(Response.json({ keys: [key] }));
  };
});

afterAll(() => {
  globalThis.fetch = outside;
  vi.useRealTimers();
});

function signed(claims: Json, header: Json = {}, expires = "5m"): Promise<string> {
  return new SignJWT({ iss: issuer, aud: "meerkat", sub: "ann", ...claims })
    .setProtectedHeader({ alg: "ES256", kid: "k1", ...header })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(pair.privateKey);
}

async function ask(token: string, path: string, init: RequestInit = {}, header?: string) {
  const headers = new Headers(init.headers);
  if (header) headers.set(header, token);
  else headers.set("authorization", `Bearer ${token}`);
  const more = { RKAT_ADMIN_TOKEN: "secret", RKAT_JWT_ISSUERS: JSON.stringify(config) };
  const request = new Request(`https://edge.example${path}`, { ...init, headers });
  const response = await app.fetch(request, { ...env, ...more });
  return { status: response.status, body: await response.json<Json>() };
}

describe("a JWT of the operator's issuer", () => {
  it("gives the scopes of its claims, in the realm that they name", async () => {
    const ann = await signed({ email: "ann@example.com" });

    expect(await ask(ann, "/config")).toMatchObject({ status: 200, body: { realm_id: realm } });
    expect(await ask(ann, "/config", { method: "PATCH" })).toMatchObject({
      status: 403,
      body: { code: "SCOPE_DENIED" },
    });
    expect((await ask(ann, `/realms/${newRealm()}/config`)).status).toBe(403);
    const assertion = "cf-access-jwt-assertion";
    expect((await ask(ann, "/config", {}, assertion)).status).toBe(200);
  });

  it("may give any realm only by the operator's word", async () => {
    const anywhere = newRealm();
    const ops = await signed({ groups: ["dev", "ops"] });
    const claimed = { tenant_user: "yes", tenant: ["*", "acme"], scope: "read openid" };

    expect((await ask(ops, `/realms/${anywhere}/config`)).status).toBe(200);
    const acme = await signed(claimed);
    expect(await ask(acme, "/config")).toMatchObject({ body: { realm_id: "acme" } });
    expect((await ask(acme, `/realms/${anywhere}/config`)).status).toBe(403);
    expect((await ask(await signed({}), "/config")).status).toBe(403);
  });

  it("is refused when anything about it is not as agreed", async () => {
    const email = "ann@example.com";
    const other = await generateKeyPair("ES256");
    const forged = await new SignJWT({ iss: issuer, aud: "meerkat", email })
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .setExpirationTime("5m")
      .sign(other.privateKey);
    const symmetric = await new SignJWT({ iss: issuer, aud: "meerkat", email })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .setExpirationTime("5m")
      .sign(new TextEncoder().encode("a secret that is long enough for HS256"));
    const part = (value: Json) => btoa(JSON.stringify(value)).replaceAll("=", "");
    const unsigned = `${part({ alg: "none" })}.${part({ iss: issuer, aud: "meerkat", email, exp: 9e9 })}.`;
    const endless = await new SignJWT({ iss: issuer, aud: "meerkat", email })
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .sign(pair.privateKey);
    const tokens = {
      forged,
      symmetric,
      unsigned,
      endless,
      expired: await signed({ email }, {}, "-31s"),
      "for another audience": await signed({ email, aud: "else" }),
      "of another issuer": await signed({ email, iss: "https://else.example" }),
      "of an unknown key": await signed({ email }, { kid: "k2" }),
    };

    for (const [what, token] of Object.entries(tokens)) {
      const refused = await ask(token, "/config");
      expect(refused, what).toMatchObject({ status: 401, body: { code: "UNAUTHORIZED" } });
    }
    // Clocks differ by some seconds.
    expect((await ask(await signed({ email }, {}, "-20s"), "/config")).status).toBe(200);
  });

  it("does not fetch the issuer's keys for each request", async () => {
    const ann = await signed({ email: "ann@example.com" });
    await ask(ann, "/config");
    const before = asked;

    await ask(ann, "/config");
    expect(asked).toBe(before);
  });
});

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newRealm, realmStub } from "../../../durable-objects/test-support.ts";
import { partsOf, REGISTRY_REALM } from "../../../sdk/contract/index.ts";
import { app, createApp } from "../../app.ts";
import type { RealmParts } from "../../index.ts";
import { type Json, post } from "../../test-support.ts";
import { Dance, REDIRECT } from "./test-dance.ts";

const ORIGIN = "https://edge.example";
const SECRET = "a-deployment-secret-of-some-length";
const deployed = { ...env, RKAT_ADMIN_TOKEN: SECRET };

const askAs =
  (bindings: Env) =>
  (url: string, init?: RequestInit): Promise<Response> =>
    Promise.resolve(app.fetch(new Request(url, init), bindings));
const ask = askAs(deployed);
const dance = () => new Dance(ORIGIN, ask);
const parts = (realm: string) => partsOf<RealmParts>(realmStub(realm));

/** A token that somebody of the realm has. */
async function ownToken(realm: string, options: Json = {}): Promise<Json & { token: string }> {
  const { body } = await post<Json & { token: string }>(`/realms/${realm}/tokens`, options);
  return body;
}

/** A call of a tool with a token, as both eras send one. */
function callTool(token: string | undefined, name: string, args: Json, path = "/mcp") {
  const headers = new Headers({
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  });
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const params = { name, arguments: args };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  return ask(ORIGIN + path, { method: "POST", headers, body });
}

const works = async (token: string, path = "/mcp") =>
  (await callTool(token, "meerkat_sessions", {}, path)).status;

async function audited(realm: string): Promise<Json[]> {
  const { entries } = await parts(realm).audit.list({ limit: 50 });
  return entries
    .filter(({ operation }) => operation.startsWith("oauth/"))
    .toReversed()
    .map(({ operation, actor, target }) => ({ operation, actor, target }));
}

afterEach(() => {
  vi.useRealTimers();
});

describe("discovery", () => {
  it("a request without credentials is told where to sign in, one with bad ones that they are bad", async () => {
    for (const path of ["/mcp", "/realms/team-a/mcp"]) {
      const metadata = `resource_metadata="${ORIGIN}/.well-known/oauth-protected-resource${path}"`;
      const bare = await callTool(undefined, "meerkat_sessions", {}, path);
      expect(bare.status).toBe(401);
      expect(bare.headers.get("www-authenticate")).toBe(`Bearer ${metadata}, scope="read run"`);
      const stale = await callTool("rkat_x.y", "meerkat_sessions", {}, path);
      expect(stale.status).toBe(401);
      expect(stale.headers.get("www-authenticate")).toBe(
        `Bearer error="invalid_token", ${metadata}, scope="read run"`,
      );
    }
  });

  it("each address of MCP has metadata of its own, and they name the same issuer", async () => {
    for (const path of ["/mcp", "/realms/team-a/mcp"]) {
      const response = await ask(`${ORIGIN}/.well-known/oauth-protected-resource${path}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        resource: ORIGIN + path,
        authorization_servers: [ORIGIN],
        scopes_supported: ["read", "run"],
        bearer_methods_supported: ["header"],
      });
    }
    for (const path of ["", "/rpc", "/realms/team-a", "/realms/.../mcp", "/realms/global/mcp"]) {
      const url = `${ORIGIN}/.well-known/oauth-protected-resource${path}`;
      expect((await ask(url)).status, path).toBeGreaterThanOrEqual(400);
    }
    const server = await ask(`${ORIGIN}/.well-known/oauth-authorization-server`);
    expect(await server.json()).toMatchObject({
      issuer: ORIGIN,
      authorization_endpoint: `${ORIGIN}/oauth/authorize`,
      token_endpoint: `${ORIGIN}/oauth/token`,
      registration_endpoint: `${ORIGIN}/oauth/register`,
      revocation_endpoint: `${ORIGIN}/oauth/token`,
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      scopes_supported: ["read", "run", "admin"],
    });
  });

  it("nothing of it is there without an admin token, nor over plain http", async () => {
    const { RKAT_OPEN_ACCESS: _, ...closed } = env;
    const places = [
      "/.well-known/oauth-protected-resource/mcp",
      "/.well-known/oauth-authorization-server",
      "/oauth/authorize",
    ];
    for (const path of places) {
      const bare = await askAs(closed)(ORIGIN + path);
      expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect((await ask(`http://edge.example${path}`)).status).toBe(401);
      expect((await ask(`http://127.0.0.1:8080${path}`)).status).not.toBe(401);
    }
    const posted = await askAs(closed)(`${ORIGIN}/oauth/register`, { method: "POST", body: "{}" });
    expect(posted.status).toBe(401);
    const response = await askAs(closed)(`${ORIGIN}/mcp`, { method: "POST", body: "{}" });
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
  });
});

describe("mounted elsewhere", () => {
  it("an app offers none of it: clients look at the top of the origin", async () => {
    const mounted = createApp({ basePath: "/agents" });
    const at = (path: string) => mounted.fetch(new Request(ORIGIN + path), deployed);
    for (const path of ["/oauth/authorize", "/.well-known/oauth-authorization-server", "/mcp"]) {
      const response = await at(`/agents${path}`);
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect((await at(path)).status).toBe(404);
    }
  });
});

describe("signing in", () => {
  it("a client that registers gets a token of the realm for what its user agreed to", async () => {
    const realm = newRealm();
    const { token, token_id } = await ownToken(realm, { name: "mine" });
    const d = dance();
    const clientId = await d.register({ client_name: "Claude" });
    const resource = `${ORIGIN}/realms/${realm}/mcp`;
    const answer = await d.consent(await d.authorizeUrl(clientId, { resource }), { token });
    const onward = await d.sentOn(answer);
    expect(Object.fromEntries(onward)).toMatchObject({ state: "a-state", iss: ORIGIN });

    const code = onward.get("code") ?? "";
    const { status, body, headers } = await d.exchange(clientId, code, { resource });

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toMatchObject({ token_type: "Bearer", scope: "read run", resource });
    expect(body.expires_in).toBeGreaterThanOrEqual(3_600);
    expect(await works(body.access_token)).toBe(200);
    expect(await works(body.access_token, `/realms/${realm}/mcp`)).toBe(200);
    const listed = await parts(realm).tokens.list();
    expect(listed).toHaveLength(2);
    const grant = listed.find((entry) => entry.token_id !== token_id);
    expect(grant).toMatchObject({
      name: "Claude",
      client_id: clientId,
      scopes: ["read", "run"],
      created_by: token_id,
      last_used_at: expect.any(Number),
    });
    expect(await audited(realm)).toEqual([
      {
        operation: "oauth/consent",
        actor: token_id,
        target: { client_id: clientId, scopes: "read run" },
      },
      {
        operation: "oauth/grant",
        actor: token_id,
        target: { client_id: clientId, token_id: grant?.token_id },
      },
    ]);
  });

  it("the token that vouches decides the realm where the address names none", async () => {
    const realm = newRealm();
    const { access_token } = await dance().signedIn({ token: (await ownToken(realm)).token });
    expect(access_token).toContain(`rkat_${realm}.`);
    const d = dance();
    const clientId = await d.register();
    const code = await d.code(clientId, { token: SECRET }, { resource: undefined });
    const old = await d.exchange(clientId, code, { resource: undefined });
    expect(old.body.access_token).toContain(`rkat_${env.RKAT_DEFAULT_REALM}.`);
    expect(old.body["resource"]).toBe(`${ORIGIN}/mcp`);
    const other = await dance().signedIn(
      { token: SECRET },
      { resource: `${ORIGIN}/realms/${newRealm()}/mcp` },
    );
    expect(await works(other.access_token)).toBe(200);
    expect(await works(other.access_token, `/realms/${realm}/mcp`)).toBe(403);
  });

  it("the token is for MCP alone, and vouches for nobody", async () => {
    const realm = newRealm();
    const { access_token } = await dance().signedIn({ token: (await ownToken(realm)).token });
    const headers = { authorization: `Bearer ${access_token}` };
    for (const path of ["/sessions", `/realms/${realm}/sessions`, "/tokens", "/audit"]) {
      expect((await ask(ORIGIN + path, { headers })).status, path).toBe(403);
    }
    const d = dance();
    const url = await d.authorizeUrl(await d.register());
    expect((await d.consent(url, { token: access_token })).status).toBe(400);
  });

  it("never allows more than the token that vouches, or than was ticked", async () => {
    const realm = newRealm();
    const { token } = await ownToken(realm, { scopes: ["read"], labels: { team: "a" } });
    const few = await dance().signedIn({ token }, { scope: "read run admin" });
    expect(few.scope).toBe("read");
    const labelled = await callTool(few.access_token, "meerkat_config", { action: "get" });
    expect(await labelled.text()).toContain("A token with labels does not allow");

    const all = await ownToken(realm, { scopes: ["read", "run", "admin"] });
    const ticked = await dance().signedIn({ token: all.token, scopes: ["read"] });
    expect(ticked.scope).toBe("read");

    const d = dance();
    const url = await d.authorizeUrl(await d.register(), { scope: "admin" });
    const none = await d.consent(url, { token });
    expect(none.status).toBe(400);
    expect(await none.text()).toContain("Tick something that your token allows: read");
  });

  it("shares the turns that the token that vouches may start", async () => {
    const { token } = await ownToken(newRealm(), { limits: { turns_per_minute: 1 } });
    const first = await dance().signedIn({ token });
    const second = await dance().signedIn({ token });
    const args = { prompt: "hi", model: "demo" };
    const ran = await (await callTool(first.access_token, "meerkat_run", args)).text();
    expect(ran).not.toContain("RATE_LIMITED");
    const refused = await (await callTool(second.access_token, "meerkat_run", args)).text();
    expect(refused).toContain("RATE_LIMITED");
  });

  it("a token of another realm, a wrong one, a JWT and none are refused on the page", async () => {
    const [realm, other] = [newRealm(), newRealm()];
    const d = dance();
    const resource = `${ORIGIN}/realms/${realm}/mcp`;
    const url = await d.authorizeUrl(await d.register(), { resource });
    const foreign = (await ownToken(other)).token;
    for (const token of [foreign, "nonsense", "", "a b", "eyJhbGciOiJub25lIn0.e30."]) {
      const answer = await d.consent(url, { token });
      expect(answer.status).toBe(400);
      const page = await answer.text();
      expect(page).toContain('role="alert"');
      if (token) expect(page).not.toContain(token);
    }
  });

  it("a denial goes back to the client, and into the log of whoever is known", async () => {
    const realm = newRealm();
    const { token, token_id } = await ownToken(realm);
    const d = dance();
    const clientId = await d.register();
    const url = await d.authorizeUrl(clientId);
    for (const answer of [{}, { token }]) {
      const onward = await d.sentOn(await d.consent(url, { ...answer, decision: "deny" }));
      expect(Object.fromEntries(onward)).toMatchObject({
        error: "access_denied",
        state: "a-state",
        iss: ORIGIN,
      });
    }
    expect(await audited(realm)).toEqual([
      { operation: "oauth/deny", actor: token_id, target: { client_id: clientId } },
    ]);
  });
});

describe("the consent page", () => {
  it("names client, realm, scopes and where access goes, escaped, and may do nothing else", async () => {
    const d = dance();
    const evil = `<script>alert(1)</script>"'&`;
    const clientId = await d.register({ client_name: evil });
    const resource = `${ORIGIN}/realms/team-a/mcp`;
    const response = await ask(await d.authorizeUrl(clientId, { resource }));
    const page = await response.text();
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    for (const shown of ["team-a", "client.example", "read", "run", "nobody has checked"]) {
      expect(page).toContain(shown);
    }
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).not.toContain("unsafe");
    expect(policy).toMatch(/default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/);
    expect(response.headers.get("x-frame-options")).toBe("DENY");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("warns of a program on one's own computer", async () => {
    const d = dance();
    const redirect_uri = "http://127.0.0.1:4711/cb";
    const clientId = await d.register({ redirect_uris: ["http://127.0.0.1/cb"] });
    const page = await (await ask(await d.authorizeUrl(clientId, { redirect_uri }))).text();
    expect(page).toContain("a program on your own computer");
  });

  it("takes its form from the browser that was shown it, once, and unchanged", async () => {
    const { token } = await ownToken(newRealm());
    const d = dance();
    const clientId = await d.register();
    const url = await d.authorizeUrl(clientId);
    const shown = await ask(url);
    const page = await shown.text();
    const cookie = shown.headers
      .getSetCookie()
      .map((text) => text.split(";")[0])
      .join("; ");
    for (const text of shown.headers.getSetCookie()) {
      expect(text).toMatch(/^__Host-.*; Secure; HttpOnly; SameSite=Lax/);
    }
    expect((await d.submit(url, page, "", { token })).status).toBe(400);
    const other = await d.authorizeUrl(clientId, { state: "another" });
    const mixed = await d.submit(other, page, cookie, { token });
    expect(await mixed.text()).toContain("another request");
    const again = await ask(url);
    const fresh = [
      again.headers
        .getSetCookie()
        .map((text) => text.split(";")[0])
        .join("; "),
    ];
    const text = await again.text();
    const both = await Promise.all([
      d.submit(url, text, String(fresh), { token }),
      d.submit(url, text, String(fresh), { token }),
    ]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 400]));
    const foreign = await ask(url, {
      method: "POST",
      headers: { origin: "https://evil.example", cookie },
      body: "",
    });
    expect(foreign.status).toBe(403);
  });
});

describe("redirects", () => {
  it("go to a registered address only, letter by letter, and to loopback with any port", async () => {
    const d = dance();
    const clientId = await d.register({
      redirect_uris: [REDIRECT, "http://127.0.0.1:1000/cb", "http://localhost/cb"],
    });
    const statusOf = async (redirect_uri: string) => {
      const url = await d.authorizeUrl(clientId, { redirect_uri });
      const response = await ask(url, { redirect: "manual" });
      expect(response.headers.get("location")).toBeNull();
      return response.status;
    };
    for (const good of [REDIRECT, "http://127.0.0.1:55555/cb", "http://localhost:1/cb"]) {
      expect(await statusOf(good), good).toBe(200);
    }
    const bad = [
      `${REDIRECT}/`,
      `${REDIRECT}?x=1`,
      "https://client.example:8443/callback",
      "https://client.example.evil.example/callback",
      "https://evil.example/callback",
      "http://client.example/callback",
      "http://127.0.0.1:1000/other",
      "http://127.0.0.2:1000/cb",
      "javascript:alert(1)",
      "",
    ];
    for (const uri of bad) expect(await statusOf(uri), uri).toBe(400);
  });

  it("carry an error to the client once its address is known", async () => {
    const d = dance();
    const clientId = await d.register();
    const cases: [string, Record<string, string | undefined>][] = [
      ["invalid_request", { code_challenge: undefined, code_challenge_method: undefined }],
      ["invalid_request", { code_challenge_method: "plain" }],
      ["unsupported_response_type", { response_type: "token" }],
      ["invalid_target", { resource: "https://other.example/mcp" }],
      ["invalid_target", { resource: `${ORIGIN}/rpc` }],
    ];
    for (const [error, wish] of cases) {
      const url = await d.authorizeUrl(clientId, wish);
      const response = await ask(url, { redirect: "manual" });
      const location = new URL(response.headers.get("location") ?? "about:blank");
      expect(location.origin + location.pathname, error).toBe(REDIRECT);
      expect(Object.fromEntries(location.searchParams)).toMatchObject({ error, iss: ORIGIN });
    }
  });

  it("a confidential client needs PKCE, too", async () => {
    const d = dance();
    const clientId = await d.register({ token_endpoint_auth_method: "client_secret_post" });
    const wish = { code_challenge: undefined, code_challenge_method: undefined };
    const response = await ask(await d.authorizeUrl(clientId, wish), { redirect: "manual" });
    expect(response.headers.get("location")).toContain("error=invalid_request");
  });

  it("a client that nobody knows any more is sent nowhere, and told to register again", async () => {
    const d = dance();
    const page = await ask(await d.authorizeUrl("gone-client-id00"), { redirect: "manual" });
    expect([page.status, page.headers.get("location")]).toEqual([400, null]);
    const refused = await d.refresh("gone-client-id00", "a:b:c");
    expect([refused.status, refused.body.error]).toEqual([401, "invalid_client"]);
  });
});

describe("a code", () => {
  it("is good once, also for two that come together, and its second use ends what it gave", async () => {
    const realm = newRealm();
    const d = dance();
    const clientId = await d.register();
    const answer = { token: (await ownToken(realm)).token };
    const code = await d.code(clientId, answer);
    const both = await Promise.all([d.exchange(clientId, code), d.exchange(clientId, code)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 400]));

    const second = await d.code(clientId, answer);
    const { body } = await d.exchange(clientId, second);
    const replayed = await d.exchange(clientId, second);
    expect([replayed.status, replayed.body.error]).toEqual([400, "invalid_grant"]);
    expect((await d.refresh(clientId, body.refresh_token)).body.error).toBe("invalid_grant");
    expect(await works(body.access_token)).toBe(401);
  });

  it("is bound to its client, redirect, verifier and resource", async () => {
    const answer = { token: (await ownToken(newRealm())).token };
    const d = dance();
    const clientId = await d.register({ redirect_uris: [REDIRECT, `${REDIRECT}2`] });
    const other = await d.register();
    const attempts: [string, Record<string, string | undefined>, string][] = [
      [other, {}, "invalid_grant"],
      [clientId, { redirect_uri: `${REDIRECT}2` }, "invalid_grant"],
      [clientId, { code_verifier: "x".repeat(64) }, "invalid_grant"],
      [clientId, { code_verifier: undefined }, "invalid_request"],
      [clientId, { resource: `${ORIGIN}/realms/elsewhere/mcp` }, "invalid_target"],
      [clientId, { code: "made:up:code" }, "invalid_grant"],
    ];
    for (const [client, wrong, error] of attempts) {
      const code = await d.code(clientId, answer);
      const { status, body } = await d.exchange(client, code, wrong);
      expect([status, body.error], JSON.stringify(wrong)).toEqual([400, error]);
    }
  });

  it("does not outlive ten minutes, nor the token that vouched", async () => {
    const realm = newRealm();
    const own = await ownToken(realm);
    const d = dance();
    const clientId = await d.register();
    const late = await d.code(clientId, own);
    const early = await d.code(clientId, own);
    await parts(realm).tokens.revoke(String(own.token_id));
    expect((await d.exchange(clientId, early)).body.error).toBe("invalid_grant");
    expect((await audited(realm)).at(-1)).toMatchObject({ operation: "oauth/refuse" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
    expect((await d.exchange(clientId, late)).body.error).toBe("invalid_grant");
  });
});

describe("refreshing", () => {
  it("rotates; without scope or resource the grant's stay; a lost answer can be asked for again", async () => {
    const realm = newRealm();
    const resource = `${ORIGIN}/realms/${realm}/mcp`;
    const { token } = await ownToken(realm);
    const d = dance();
    const { clientId, ...first } = await d.signedIn({ token }, { resource });

    const lost = await d.refresh(clientId, first.refresh_token);
    const second = await d.refresh(clientId, first.refresh_token);

    for (const { status, body } of [lost, second]) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ scope: "read run", resource });
      expect(await works(body.access_token)).toBe(200);
    }
    expect(await works(first.access_token)).toBe(200);
    const rotated = [first, lost.body, second.body].map(({ refresh_token }) => refresh_token);
    expect(new Set(rotated).size).toBe(3);
    const less = await d.refresh(clientId, second.body.refresh_token, { scope: "read", resource });
    expect(less.body.scope).toBe("read");
    const wrong = { resource: `${ORIGIN}/realms/elsewhere/mcp` };
    const retargeted = await d.refresh(clientId, less.body.refresh_token, wrong);
    expect(retargeted.body.error).toBe("invalid_target");
    expect(await parts(realm).tokens.list()).toHaveLength(2);
  });

  it("a refresh token that comes back after its time ends the grant", async () => {
    const realm = newRealm();
    const d = dance();
    const { clientId, ...first } = await d.signedIn({ token: (await ownToken(realm)).token });
    const second = await d.refresh(clientId, first.refresh_token);
    const third = await d.refresh(clientId, second.body.refresh_token);
    expect(await works(third.body.access_token)).toBe(200);

    const stolen = await d.refresh(clientId, first.refresh_token);

    expect([stolen.status, stolen.body.error]).toEqual([400, "invalid_grant"]);
    const last = await d.refresh(clientId, third.body.refresh_token);
    expect(last.body.error).toBe("invalid_grant");
    expect((await audited(realm)).at(-1)).toMatchObject({ operation: "oauth/replay" });
  });

  it("one that was made up, or of a race, ends nothing", async () => {
    const d = dance();
    const { clientId, ...first } = await d.signedIn({ token: (await ownToken(newRealm())).token });
    const [user, grant] = first.refresh_token.split(":");
    const guessed = await d.refresh(clientId, `${user}:${grant}:${"x".repeat(32)}`);
    expect(guessed.body.error).toBe("invalid_grant");
    expect((await d.refresh(clientId, first.refresh_token)).status).toBe(200);
    const other = await d.register();
    expect((await d.refresh(other, first.refresh_token)).status).toBe(400);
  });

  it("keeps a grant alive for 30 days from the last time, and its access token for a day", async () => {
    const d = dance();
    const { clientId, ...first } = await d.signedIn({ token: (await ownToken(newRealm())).token });
    const day = 86_400_000;
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start + day + 1_000 });
    expect(await works(first.access_token)).toBe(401);
    vi.setSystemTime(start + 29 * day);
    const second = await d.refresh(clientId, first.refresh_token);
    vi.setSystemTime(start + 58 * day);
    const third = await d.refresh(clientId, second.body.refresh_token);
    expect([second.status, third.status]).toEqual([200, 200]);
    vi.setSystemTime(start + 90 * day);
    expect((await d.refresh(clientId, third.body.refresh_token)).body.error).toBe("invalid_grant");
  });
});

describe("the end of a grant", () => {
  it("is heard of within 30 seconds: until then no request looks the token up", async () => {
    const realm = newRealm();
    const { access_token } = await dance().signedIn({ token: (await ownToken(realm)).token });
    expect(await works(access_token)).toBe(200);
    const grant = (await parts(realm).tokens.list()).find(({ client_id }) => client_id);
    // In the object alone, as if another isolate had been asked.
    await parts(realm).tokens.revoke(grant?.token_id ?? "");
    expect(await works(access_token)).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 30_001 });
    expect(await works(access_token)).toBe(401);
  });

  it("comes with `tokens revoke`, for access and refresh alike", async () => {
    const realm = newRealm();
    const d = dance();
    const { clientId, ...held } = await d.signedIn({ token: (await ownToken(realm)).token });
    expect(await works(held.access_token)).toBe(200);
    const grant = (await parts(realm).tokens.list()).find(({ client_id }) => client_id);
    const url = `${ORIGIN}/realms/${realm}/tokens/${grant?.token_id}`;
    const headers = { authorization: `Bearer ${SECRET}` };
    const revoked = await ask(url, { method: "DELETE", headers });
    expect(await revoked.json()).toMatchObject({ revoked: true });
    expect(await works(held.access_token)).toBe(401);
    expect((await d.refresh(clientId, held.refresh_token)).body.error).toBe("invalid_grant");
    expect(await parts(realm).tokens.list()).toHaveLength(1);
  });

  it("comes with that of the token that vouched", async () => {
    const realm = newRealm();
    const own = await ownToken(realm, { expires_in: 7_200 });
    const d = dance();
    const { clientId, ...held } = await d.signedIn({ token: own.token });
    expect(held.expires_in).toBeLessThanOrEqual(7_200);
    expect(held.expires_in).toBeGreaterThan(7_100);
    await ask(`${ORIGIN}/realms/${realm}/tokens/${String(own.token_id)}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${SECRET}` },
    });
    expect(await works(held.access_token)).toBe(401);
    expect((await d.refresh(clientId, held.refresh_token)).body.error).toBe("invalid_grant");
    expect(await parts(realm).tokens.list()).toEqual([]);
  });

  it("comes with a new admin token where that vouched, and with a new key for all", async () => {
    const resource = `${ORIGIN}/realms/${newRealm()}/mcp`;
    const d = dance();
    const { clientId, ...held } = await d.signedIn({ token: SECRET }, { resource });
    const changed = { ...deployed, RKAT_ADMIN_TOKEN: "another-secret-of-some-length" };
    const later = new Dance(ORIGIN, askAs(changed));
    const headers = { authorization: `Bearer ${held.access_token}` };
    const refused = await askAs(changed)(`${ORIGIN}/mcp`, { method: "POST", headers, body: "{}" });
    expect(refused.status).toBe(401);
    expect((await later.refresh(clientId, held.refresh_token)).body.error).toBe("invalid_grant");

    const own = (await ownToken(newRealm())).token;
    const { clientId: another, ...mine } = await d.signedIn({ token: own });
    const rekeyed = new Dance(ORIGIN, askAs({ ...deployed, RKAT_TOKEN_KEY: "a-new-key" }));
    expect((await rekeyed.refresh(another, mine.refresh_token)).body.error).toBe("invalid_grant");
  });

  it("comes at the wish of a client with a secret, too, which names itself in the header", async () => {
    const d = dance();
    const { token } = await ownToken(newRealm());
    const response = await ask(`${ORIGIN}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: [REDIRECT] }),
    });
    const { client_id, client_secret }: Json = await response.json();
    const headers = {
      authorization: `Basic ${btoa(`${String(client_id)}:${String(client_secret)}`)}`,
      "content-type": "application/x-www-form-urlencoded",
    };
    const tell = async (form: Record<string, string>) => {
      const body = new URLSearchParams(form).toString();
      return await ask(`${ORIGIN}/oauth/token`, { method: "POST", headers, body });
    };
    const code = await d.code(String(client_id), { token });
    const granted = await tell({
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT,
      code_verifier: d.verifier,
    });
    const { access_token }: Json = await granted.json();
    expect((await tell({ token: String(access_token) })).status).toBe(200);
    expect(await works(String(access_token))).toBe(401);
  });

  it("comes at the client's own wish (RFC 7009), by either token, and not at another's", async () => {
    const realm = newRealm();
    const d = dance();
    const own = (await ownToken(realm)).token;
    const { clientId, ...held } = await d.signedIn({ token: own });
    const other = await d.register();
    await d.token({ client_id: other, token: held.access_token });
    await d.token({ client_id: other, token: held.refresh_token });
    expect(await works(held.access_token)).toBe(200);
    const { body } = await d.refresh(clientId, held.refresh_token);
    await d.token({ client_id: clientId, token: body.access_token });
    expect(await works(body.access_token)).toBe(401);
    expect((await d.token({ client_id: clientId, token: body.refresh_token })).status).toBe(200);
    expect((await d.refresh(clientId, body.refresh_token)).body.error).toBe("invalid_grant");
    expect(await parts(realm).tokens.list()).toHaveLength(1);
  });
});

describe("clients", () => {
  it("whose id is an address that may not be called, or is none, are refused without a call", async () => {
    const d = dance();
    const addresses = [
      "https://169.254.169.254/latest/meta-data",
      "https://127.0.0.1/client.json",
      "https://[::1]/client.json",
      "https://metadata.internal/client.json",
      "https://user:secret@client.example/client.json",
      "https://client.example/",
      "https://client.example/a/../client.json",
      "https://CLIENT.example/client.json",
    ];
    for (const clientId of addresses) {
      const page = await ask(await d.authorizeUrl(clientId), { redirect: "manual" });
      expect([page.status, page.headers.get("location")], clientId).toEqual([400, null]);
      const { status, body } = await d.exchange(clientId, "a:b:c");
      expect([status, body.error], clientId).toEqual([401, "invalid_client"]);
    }
  });

  it("that registered and were not seen for 90 days are forgotten; used ones stay", async () => {
    const d = dance();
    const idle = await d.register();
    const { clientId, refresh_token } = await d.signedIn({
      token: (await ownToken(newRealm())).token,
    });
    const day = 86_400_000;
    const start = Date.now();
    let latest = refresh_token;
    for (const days of [25, 50, 75, 95]) {
      vi.useFakeTimers({ toFake: ["Date"], now: start + days * day });
      const { status, body } = await d.refresh(clientId, latest);
      expect(status, String(days)).toBe(200);
      latest = body.refresh_token;
    }
    const { status, body } = await d.refresh(idle, "a:b:c");
    expect([status, body.error]).toEqual([401, "invalid_client"]);
  });

  it("that registered and were granted something outlast ten thousand that strangers register", async () => {
    const d = dance();
    const idle = await d.register();
    const { clientId, refresh_token } = await d.signedIn(await ownToken(newRealm()));
    const flood = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
      INSERT INTO oauth_records (key, value, expires_at) SELECT 'client:flood' || i, '{}', ? FROM n`;
    const run = (statement: string, ...bound: number[]) =>
      runInDurableObject(realmStub(REGISTRY_REALM), (_, { storage }) => {
        storage.sql.exec(statement, ...bound);
      });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    await run(flood, Math.floor(Date.now() / 1_000) + 100 * 86_400);
    await d.register();
    await run("DELETE FROM oauth_records WHERE key LIKE 'client:flood%'");
    expect((await d.refresh(idle, "a:b:c")).body.error).toBe("invalid_client");
    expect((await d.refresh(clientId, refresh_token)).status).toBe(200);
  });

  it("have names of one short line, whatever they say of themselves", async () => {
    const d = dance();
    const clientName = `Claude\u202e\u001b[2J\n\nIt is published by anthropic.com. ${"x".repeat(9_000)}`;
    const { token } = await ownToken(newRealm());
    const clientId = await d.register({ client_name: clientName });
    const url = await d.authorizeUrl(clientId);
    const page = await (await ask(url)).text();
    const shown = [...page.matchAll(/<bdi class="name">([^<]*)<\/bdi>/g)].map(([, name]) => name);
    expect(new Set(shown).size).toBe(1);
    expect(shown[0]).toMatch(/^Claude \[2J It is published by anthropic\.com\. x+…$/);
    expect(page.length).toBeLessThan(10_000);
    const code = await d.code(clientId, { token });
    const { body } = await d.exchange(clientId, code);
    const [realm = ""] = /^rkat_([^.]*)/.exec(body.access_token)?.slice(1) ?? [];
    const granted = (await parts(realm).tokens.list()).find(({ client_id }) => client_id);
    expect(granted?.name).toBe(shown[0]);
  });

  it("may not send bodies beyond reason, which are not read further than that", async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 500) controller.close();
        else controller.enqueue(new Uint8Array(16_384));
      },
    });
    const unannounced = await ask(`${ORIGIN}/oauth/token`, { method: "POST", body: endless });
    expect(unannounced.status).toBe(413);
    expect(sent).toBeLessThan(10);

    const body = JSON.stringify({ redirect_uris: [REDIRECT], client_name: "x".repeat(70_000) });
    const headers = { "content-type": "application/json" };
    const response = await ask(`${ORIGIN}/oauth/register`, { method: "POST", headers, body });
    expect(response.status).toBe(413);
  });

  it("of one cloud share an address: the bucket is their own, and a full one says when to come again", async () => {
    const isFull = { limit: () => Promise.resolve({ success: false }) };
    const roomy = { limit: () => Promise.resolve({ success: true }) };
    const headers = { "cf-connecting-ip": "203.0.113.7", "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ redirect_uris: [REDIRECT] }) };
    const url = `${ORIGIN}/oauth/register`;
    const strangers = { ...deployed, STRANGER_LIMIT: isFull, OAUTH_LIMIT: roomy };
    expect((await askAs(strangers)(url, init)).status).toBe(201);
    const full = await askAs({ ...deployed, OAUTH_LIMIT: isFull })(url, init);
    expect([full.status, full.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(await full.json()).toMatchObject({ error: "temporarily_unavailable" });
  });
});

describe("too little scope", () => {
  it("is 403 with all that is needed for a client that can ask, in either era", async () => {
    const realm = newRealm();
    const { token } = await ownToken(realm, { scopes: ["read", "run", "admin"] });
    const { access_token } = await dance().signedIn({ token, scopes: ["read"] });
    const metadata = `${ORIGIN}/.well-known/oauth-protected-resource/mcp`;
    for (const [name, args, scopes] of [
      ["meerkat_run", { prompt: "hi" }, "read run"],
      ["meerkat_config", { action: "set", config: {} }, "read admin"],
    ] as const) {
      const response = await callTool(access_token, name, args);
      expect(response.status).toBe(403);
      const challenge = response.headers.get("www-authenticate") ?? "";
      expect(challenge).toContain('error="insufficient_scope"');
      expect(challenge).toContain(`scope="${scopes}"`);
      expect(challenge).toContain(`resource_metadata="${metadata}"`);
    }
    expect((await callTool(access_token, "meerkat_config", { action: "get" })).status).toBe(200);
  });

  it("stays in the result for whoever brought a token of their own", async () => {
    const { token } = await ownToken(newRealm(), { scopes: ["read"] });
    const response = await callTool(token, "meerkat_run", { prompt: "hi" });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("SCOPE_DENIED");
  });
});

describe("what is stored", () => {
  it("holds neither tokens nor codes nor what was pasted, and goes with the realm", async () => {
    const realm = newRealm();
    const own = await ownToken(realm);
    const d = dance();
    const { clientId, ...held } = await d.signedIn({ token: own.token });
    const { body } = await d.refresh(clientId, held.refresh_token);
    const records = parts(realm).oauthRecords;
    const names = await records.list("", "", 100);
    const values = await Promise.all(names.map(({ name }) => records.get(name)));
    const stored = JSON.stringify([names, values, await parts(realm).audit.list({ limit: 100 })]);
    expect(names.length).toBeGreaterThan(0);
    const secrets = [held.access_token, held.refresh_token, body.refresh_token, own.token];
    for (const secret of secrets) expect(stored).not.toContain(secret.split(/[.:]/)[2]);
  });

  it("is never more than ten thousand strangers' clients or pages: those that would end first go", async () => {
    const realm = newRealm();
    const records = parts(realm).oauthRecords;
    const end = Math.floor(Date.now() / 1_000) + 1_000;
    await records.put("client:soon", "{}", end);
    await records.put("client:used", "{}", end);
    await records.trust("client:used");
    await records.put("client:used", "{}", end);
    await records.put("transaction:other", "{}", end);
    const full = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
      INSERT INTO oauth_records (key, value, expires_at) SELECT 'client:' || i, '{}', ? FROM n`;
    await runInDurableObject(realmStub(realm), (_, { storage }) => {
      storage.sql.exec(full, end + 9);
    });
    expect(await records.get("client:soon")).toBe("{}");
    await records.put("client:new", "{}", end + 9);
    const kept = ["client:soon", "client:used", "client:new", "client:1", "transaction:other"];
    const found = await Promise.all(kept.map((key) => records.get(key)));
    expect(found).toEqual([undefined, "{}", "{}", "{}", "{}"]);
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MeerkatClient } from "../sdk/index.ts";
import { sharedToken, shareUrl } from "../sdk/contract/share-url.ts";
import { freshStateRoot, rkat, type Served, startServe } from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const admin = "an-admin-token-for-this-test-alone";
let server: Served;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = await startServe(freshStateRoot(), { RKAT_ADMIN_TOKEN: admin });
  env = { RKAT_URL: server.url, RKAT_TOKEN: admin };
});

afterAll(async () => {
  await server.end("SIGTERM");
});

describe("rkat tokens", () => {
  it("creates one that works, lists it, revokes it, and leaves a trail", async () => {
    const made = await rkat(
      "tokens create --name ci --expires-in 90d --max-turns 2 --realm team-a".split(" "),
      env,
    );
    const token = made.stdout.trim();
    const id = token.split(".")[1] ?? "";
    const holder = { RKAT_URL: server.url, RKAT_TOKEN: token };
    const turn = await rkat(["run", "--json", "hi"], holder);
    const self = await rkat(["tokens", "self"], holder);
    const denied = await rkat(["tokens", "list"], holder);
    const list = await rkat(["tokens", "list", "--realm", "team-a"], env);
    const revoked = await rkat(["tokens", "revoke", id, "--realm", "team-a"], env);
    const again = await rkat(["tokens", "revoke", id, "--realm", "team-a"], env);

    expect(token).toMatch(/^rkat_team-a\.[0-9a-f]{16}\.[\w-]{43}\.[\w-]{8}$/);
    expect(made.stderr).toContain(`Token ${id}: shown this once.`);
    expect(JSON.parse(turn.stdout).session_ref).toMatch(/^team-a:/);
    expect(self.stdout).toMatch(/^Turns: +2 at once$/m);
    expect([denied.code, denied.stderr]).toEqual([1, expect.stringContaining("tokens/list")]);
    expect(list.stdout).toMatch(new RegExp(`^${id} +ci +read,run +- +\\d{4}-`, "m"));
    expect(list.stdout).not.toContain(token);
    expect([revoked.code, again.code]).toEqual([0, 1]);
    expect((await rkat(["run", "hi"], holder)).code).toBe(1);

    const trail = await rkat(["audit", "list", "--realm", "team-a"], env);
    const verified = await rkat(["audit", "verify", "--realm", "team-a"], env);
    expect(trail.stdout).toMatch(new RegExp(`admin +tokens/revoke +token_id=${id}`));
    expect(verified.stdout).toMatch(/^Valid: \d+ entries\nHead: \d+ [0-9a-f]{64}\n$/);
  });
});

describe("rkat sessions share", () => {
  it("prints a link with a token that only watches", async () => {
    const run = await rkat(["run", "--json", "--realm", "team-b", "hi"], env);
    const { session_id } = JSON.parse(run.stdout);
    const shared = await rkat(
      ["sessions", "share", session_id, "--redact-tools", "--realm", "team-b"],
      env,
    );
    const link = new URL(shared.stdout.trim());
    const token = sharedToken(link.hash) ?? "";
    const holder = { RKAT_URL: server.url, RKAT_TOKEN: token };
    await using client = new MeerkatClient();
    await client.connect({ url: server.url, token });
    const self = await rkat(["tokens", "self"], holder);

    expect(link.href).toBe(shareUrl(server.url, token));
    expect(self.stdout).toMatch(new RegExp(`Realm: +team-b\\n[^]*Only: +session ${session_id}`));

    expect((await client.readSession(session_id)).sessionId).toBe(session_id);
    await expect(client.session(session_id).turn("more")).rejects.toMatchObject({
      code: "SCOPE_DENIED",
    });
    expect((await rkat(["resume", session_id, "more"], holder)).code).toBe(1);
  });
});

describe("the SDK", () => {
  it("makes, lists and revokes tokens and shares", async () => {
    await using client = new MeerkatClient();
    await client.connect({ url: server.url, token: admin, realmId: "team-c" });
    const session = await client.createSession("hi", { model: "demo" });

    const made = await client.tokens.create({ scopes: ["read"], expiresIn: 60, name: "sdk" });
    const share = await client.tokens.share(session.id, { redactTools: true });
    const listed = await client.tokens.list();

    expect(await client.tokens.self()).toMatchObject({ actor: "admin", realmId: "team-c" });
    expect(share).toMatchObject({ shareId: share.tokenId, watching: { redactTools: true } });
    expect(listed.map(({ tokenId }) => tokenId).toSorted()).toEqual(
      [made.tokenId, share.tokenId].toSorted(),
    );
    expect(await client.tokens.revoke(made.tokenId)).toBe(true);
    expect(await client.tokens.revoke(made.tokenId)).toBe(false);
  });
});

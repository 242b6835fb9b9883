import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Response as Reply } from "miniflare";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ADMIN_TOKEN, serveDeployment } from "../mcp/conformance/authorization.node.ts";
import { Dance, type Answer } from "./test-dance.ts";
import { SignIn } from "./test-sign-in.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const CLIENT_ID = "https://client.example/oauth/client.json";
const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);

/** What the Worker called outside, and what it was answered. */
const called: string[] = [];
const json = { "content-type": "application/json" };
const documents: Record<string, () => Reply> = {
  [CLIENT_ID]: () => Reply.json(metadata()),
  "https://client.example/moved.json": () =>
    new Reply(null, { status: 302, headers: { location: "http://169.254.169.254/latest" } }),
  "https://client.example/down.json": () => new Reply("down", { status: 503 }),
  "https://client.example/large.json": () => new Reply("x".repeat(6_000), { headers: json }),
  "https://client.example/other.json": () => Reply.json(metadata()),
  "https://client.example/text.json": () => new Reply("<html>", { headers: json }),
  "https://client.example/upload.json": () => new Reply(JSON.stringify(metadata("upload"))),
  "https://client.example/secret.json": () =>
    Reply.json({ ...metadata("secret"), token_endpoint_auth_method: "private_key_jwt" }),
};

function metadata(name = "client") {
  return {
    client_id: `https://client.example/${name === "client" ? "oauth/" : ""}${name}.json`,
    client_name: "Document client",
    redirect_uris: ["http://127.0.0.1/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
}

describe("signing in over the network", () => {
  let deployment: Awaited<ReturnType<typeof serveDeployment>>;
  let origin: string;
  let admin: Record<string, string>;

  beforeAll(async () => {
    deployment = await serveDeployment((url) => {
      called.push(url);
      return documents[url]?.() ?? new Reply("nothing here", { status: 404 });
    });
    origin = deployment.url;
    admin = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  });

  afterAll(() => deployment.stop());

  async function ownToken(realm: string, scopes: string[]): Promise<string> {
    const response = await fetch(`${origin}/realms/${realm}/tokens`, {
      method: "POST",
      headers: admin,
      body: JSON.stringify({ scopes }),
    });
    return ((await response.json()) as { token: string }).token;
  }

  const dance = () => new Dance(origin, fetch);

  /** The SDK's client on its whole way, with somebody who answers the page. */
  async function connect(signIn: SignIn, answer: Answer, path: string) {
    const url = new URL(origin + path);
    const open = () => new StreamableHTTPClientTransport(url, { authProvider: signIn });
    const first = open();
    const stranger = new Client({ name: "sdk", version: "1.0.0" });
    await expect(stranger.connect(first)).rejects.toThrow("Unauthorized");
    await first.finishAuth(await signIn.answered(dance(), answer));
    const client = new Client({ name: "sdk", version: "1.0.0" });
    const transport = open();
    await client.connect(transport);
    return { client, transport };
  }

  it.each([
    ["registers itself", undefined],
    ["has a document", CLIENT_ID],
  ])("the SDK's client that %s signs in, calls, and steps up", async (_, clientId) => {
    const token = await ownToken("sdk", ["read", "run", "admin"]);
    const signIn = new SignIn(clientId);
    const { client, transport } = await connect(signIn, { token }, "/realms/sdk/mcp");
    expect(signIn.registered).toBe(clientId === undefined);
    expect(new URL(signIn.asked).searchParams.get("scope")).toBe("read run");
    expect(new URL(signIn.asked).searchParams.get("resource")).toBe(`${origin}/realms/sdk/mcp`);

    const run = { name: "meerkat_run", arguments: { prompt: "hi", model: "demo" } };
    expect((await client.callTool(run)).isError).toBeFalsy();

    const set = {
      name: "meerkat_config",
      arguments: { action: "set", config: { agent: { model: "demo" } } },
    };
    await expect(client.callTool(set)).rejects.toThrow("Unauthorized");
    expect(new URL(signIn.asked).searchParams.get("scope")).toBe("read run admin");
    await transport.finishAuth(await signIn.answered(dance(), { token }));
    expect((await client.callTool(set)).isError).toBeFalsy();

    const before = signIn.tokens()?.access_token ?? "";
    signIn.spoilAccess();
    expect((await client.callTool(run)).isError).toBeFalsy();
    expect(signIn.tokens()?.access_token).not.toBe(before);
    await client.close();
  });

  it("a document is asked for once, without following redirects, and must be what it says", async () => {
    called.length = 0;
    const d = dance();
    const redirect_uri = "http://127.0.0.1:9/callback";
    const statusOf = async (clientId: string) =>
      (await fetch(await d.authorizeUrl(clientId, { redirect_uri }), { redirect: "manual" }))
        .status;
    for (const name of ["moved", "down", "large", "other", "text", "upload", "secret", "missing"]) {
      expect(await statusOf(`https://client.example/${name}.json`), name).toBe(400);
    }
    expect(called).toHaveLength(8);
    expect(called.join()).not.toContain("169.254");
    const down = await d.exchange("https://client.example/down.json", "a:b:c");
    expect([down.status, down.body.error]).toEqual([503, "temporarily_unavailable"]);
    called.length = 0;
    await statusOf(CLIENT_ID);
    await statusOf(CLIENT_ID);
    expect(called.length).toBeLessThanOrEqual(1);
  });

  it.skipIf(!executablePath)("Chromium takes somebody through the page", async () => {
    const codes: string[] = [];
    // What clients do next: they send the browser on to a page of theirs, at another address.
    const after = createServer((_request, response) => response.end("signed in")).listen(0);
    const callback = createServer((request, response) => {
      codes.push(new URL(request.url ?? "", "http://x").searchParams.get("code") ?? "");
      const { port } = after.address() as AddressInfo;
      response.writeHead(302, { location: `http://localhost:${port}/after` }).end();
    }).listen(0, "127.0.0.1");
    const browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    try {
      const { port } = callback.address() as AddressInfo;
      const redirect_uri = `http://127.0.0.1:${port}/callback`;
      const d = dance();
      const clientId = await d.register({
        client_name: "<b>Browser</b> client",
        redirect_uris: ["http://127.0.0.1/callback"],
      });
      const context = await browser.newContext({
        viewport: { width: 360, height: 640 },
        colorScheme: "dark",
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      const resource = `${origin}/realms/browser/mcp`;
      await page.goto(await d.authorizeUrl(clientId, { redirect_uri, resource }));

      expect(await page.getByRole("heading").textContent()).toContain("<b>Browser</b> client");
      expect(await page.getByRole("checkbox", { name: "run" }).isChecked()).toBe(true);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(360);
      const background = await page.evaluate(() => getComputedStyle(document.body).maxWidth);
      expect(background).toBe("544px");
      await page.getByLabel("Your access token").fill("not-a-token");
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByRole("alert").waitFor();
      await page.getByLabel("Your access token").fill(ADMIN_TOKEN);
      await page.getByRole("checkbox", { name: "run" }).uncheck();
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByText("signed in").waitFor();

      // The wrong token alone: nothing that the policy of a page forbids.
      expect(complaints).toEqual([expect.stringContaining("400 (Bad Request)")]);
      const { body } = await d.exchange(clientId, codes[0] ?? "", { redirect_uri, resource });
      expect(body.scope).toBe("read");

      const framed = await d.authorizeUrl(clientId, { redirect_uri, resource });
      await page.setContent(`<iframe src="${framed.replaceAll("&", "&amp;")}"></iframe>`);
      await expect.poll(() => page.frames()[1]?.url()).toBe("chrome-error://chromewebdata/");
    } finally {
      await browser.close();
      callback.close();
      after.close();
    }
  });
});

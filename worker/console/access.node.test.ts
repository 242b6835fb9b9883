import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../cli/package-root.ts";
import { ConsoleUnderTest, hasBrowser, violations } from "./browser.node.ts";

const admin = "console-test-admin-token";
const MOST_SCRIPT = 150 * 1024;

interface Token {
  token: string;
  token_id: string;
}

describe.skipIf(!hasBrowser)("access to the console", () => {
  let under: ConsoleUnderTest;

  beforeAll(async () => {
    under = await ConsoleUnderTest.start({ RKAT_ADMIN_TOKEN: admin });
  }, 60_000);
  afterEach(() => under.endVisits());
  afterAll(() => under.stop());

  const isAccepted = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${under.server.url}/tokens/self`, { headers })).status !== 401;
  };

  const tokenOf = (about: object, realm = "") =>
    under.api<Token>(admin, `${realm}/tokens`, { body: about });

  async function newSession(realm = ""): Promise<string> {
    const body = { prompt: "think", model: "demo", labels: { title: "Something said" } };
    return (await under.api<{ session_id: string }>(admin, `${realm}/sessions`, { body }))
      .session_id;
  }

  it("serves pages with a policy without exceptions, and files that never change", async () => {
    const page = await fetch(`${under.server.url}/console/`);
    const html = await page.text();
    const [, script = ""] = /src="(\/console\/assets\/main-\w+\.js)"/.exec(html) ?? [];
    const file = await fetch(under.server.url + script);
    const absent = await fetch(`${under.server.url}/console/assets/../../package.json`);
    const plain = await fetch(`${under.server.url}/console`, { redirect: "manual" });
    const opened = await fetch(under.server.url, {
      headers: { accept: "text/html,*/*;q=0.8" },
      redirect: "manual",
    });

    for (const reply of [page, file]) {
      const policy = reply.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'; require-trusted-types-for 'script'");
      expect(policy).not.toContain("unsafe");
      expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
      expect(reply.headers.get("referrer-policy")).toBe("no-referrer");
      expect(reply.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    }
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect(file.headers.get("cache-control")).toContain("immutable");
    expect(file.headers.get("content-type")).toContain("text/javascript");
    expect(absent.status).toBe(401);
    expect((await fetch(`${under.server.url}/console/absent`)).status).toBe(404);
    expect(plain.headers.get("location")).toBe("/console/");
    expect(opened.headers.get("location")).toBe("/console/");
    expect((await fetch(under.server.url)).status).toBe(401);
    await Promise.all([file.body?.cancel(), absent.body?.cancel()]);
  });

  it("is small enough to be there at once", async () => {
    const folder = join(packageRoot, "dist", "public", "console", "assets");
    const scripts = (await readdir(folder)).filter((name) => name.endsWith(".js"));
    const sizes = await Promise.all(
      scripts.map(async (name) => gzipSync(await readFile(join(folder, name))).length),
    );

    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MOST_SCRIPT);
  });

  it("is given by a token that is written in, kept for the tab, and forgotten at the end", async () => {
    const page = await under.visit({});
    const field = page.getByRole("textbox", { name: "Token" });
    await field.fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This token is not accepted").waitFor();
    expect(await violations(page)).toEqual([]);

    await field.fill(admin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    expect(page.url()).not.toContain(admin);
    expect(await page.evaluate(() => localStorage.length)).toBe(0);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it.each(["wrong", "expired", "revoked"])(
    "refuses a token that is %s in plain words",
    async (how) => {
      const { token, token_id } = await tokenOf({
        scopes: ["read"],
        ...(how === "expired" && { expires_in: 1 }),
      });
      if (how === "revoked") await under.api(admin, `/tokens/${token_id}`, { method: "DELETE" });
      if (how === "expired")
        await expect.poll(() => isAccepted(token), { timeout: 20_000 }).toBe(false);
      const page = await under.visit({ token: how === "wrong" ? "wrong" : token });

      await page.getByText("This token is not accepted. It may be mistyped, expired").waitFor();
      await page.getByRole("textbox", { name: "Token" }).waitFor();
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
      expect(page.url()).not.toContain(token);
    },
  );

  it("loses nothing that was written when access ends in mid-view", async () => {
    const id = await newSession();
    const { token, token_id } = await tokenOf({ scopes: ["read", "run"] });
    const page = await under.visit({ token });
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/\/rpc/, (socket) => {
      sockets.push(socket);
      socket.connectToServer();
    });
    await page.goto(`${under.server.url}/console/#/sessions/${id}`);
    await page.reload();
    const prompt = page.getByRole("textbox", { name: "Prompt", exact: true });
    await prompt.fill("a long thought");
    await under.api(admin, `/tokens/${token_id}`, { method: "DELETE" });
    // An open connection would end within 30 seconds; one that is made anew is refused at once.
    for (const socket of sockets.splice(0)) await socket.close({ code: 1012 });

    await page.getByText("Your token is no longer accepted: it has expired or was").waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await page.getByText("a long thought").count()).toBe(0);
    await page.getByRole("textbox", { name: "Token" }).fill(admin);
    await page.getByRole("button", { name: "Sign in" }).click();

    await prompt.waitFor();
    expect(await prompt.inputValue()).toBe("a long thought");
    await prompt.press("Enter");
    await page.getByText('You said: "a long thought"').waitFor();
    expect(await prompt.inputValue()).toBe("");

    await prompt.fill("nobody else’s");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("textbox", { name: "Token" }).fill(admin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await prompt.waitFor();
    expect(await prompt.inputValue()).toBe("");
  });

  it("offers nothing to a token that may only read, but to look", async () => {
    const id = await newSession();
    const { token } = await tokenOf({ scopes: ["read"] });
    const page = await under.visit({ token });
    await page.getByText("read-only").waitFor();
    expect(await page.getByRole("button", { name: "New session" }).count()).toBe(0);

    await page.goto(`${under.server.url}/console/#/sessions/${id}`);
    await page.getByText("Your token may only read.").waitFor();
    await page.getByText('You said: "think"').waitFor();
    for (const name of ["Share", "Send", "Fork from here"]) {
      expect(await page.getByRole("button", { name }).count()).toBe(0);
    }
    expect(await violations(page)).toEqual([]);
  });

  it("does not lead to sessions of another realm, nor to what is none", async () => {
    const foreign = await newSession("/realms/elsewhere");
    const { token } = await tokenOf({ scopes: ["read", "run"] });
    const page = await under.visit({ token, path: `#/sessions/${foreign}` });
    await page.getByText("There is no such session here").waitFor();

    const body = page.locator("main");
    for (const wrong of [`elsewhere:${foreign}`, "not-a-session", "%00%ff", "<img src=x>"]) {
      await page.goto(`${under.server.url}/console/#/sessions/${wrong}`);
      await page.getByText("This session cannot be shown").waitFor();
      expect(await body.innerText()).not.toContain("You said");
    }
    await page.goto(`${under.server.url}/console/#/nowhere`);
    await page.getByText("There is nothing at this address").waitFor();
  });

  it("shares one session by a link that may only watch, and ends when it is revoked", async () => {
    const id = await newSession();
    const other = await newSession();
    const page = await under.visit({ token: admin, path: `#/sessions/${id}` });
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByRole("button", { name: "Create link" }).click();
    const link = await page.getByRole("textbox", { name: "Link" }).inputValue();
    expect(link).toContain("/console/#share=");

    const guest = await under.visit({ path: link.slice(link.indexOf("#")) });
    await guest.getByText("You are watching a shared session.").waitFor();
    await guest.getByText('You said: "think"').waitFor();
    expect(guest.url()).toBe(`${under.server.url}/console/#/sessions/${id}`);
    expect(await guest.getByRole("button", { name: "Send" }).count()).toBe(0);
    expect(await violations(guest)).toEqual([]);

    await under.api(admin, `/sessions/${id}/messages`, { body: { prompt: "are you there?" } });
    await guest.getByText('You said: "are you there?"').waitFor();

    await guest.goto(`${under.server.url}/console/#/sessions/${other}`);
    await guest.getByText("This session cannot be shown").waitFor();

    await page.getByRole("button", { name: "Revoke" }).click();
    // By its role: what lies outside of an open dialog has none, for nobody hears it.
    await page.getByRole("status").getByText("The link is revoked").waitFor();
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByText("The link is revoked").waitFor({ state: "detached" });
    expect(await page.getByRole("dialog").count()).toBe(1);
    await guest.reload();
    await guest.getByText("This token is not accepted").waitFor();
  });

  it("leaves out of a shared session what tools were given and answered, and says so", async () => {
    const body = { prompt: "tool:datetime", model: "demo", enable_builtins: true };
    const { session_id: id } = await under.api<{ session_id: string }>(admin, "/sessions", {
      body,
    });
    const page = await under.visit({ token: admin, path: `#/sessions/${id}` });
    await page.getByText(/^datetime/).click();
    await page.locator(".tool").getByText('"utc"').waitFor();
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByText("Leave out what tools were given").click();
    await page.getByRole("button", { name: "Create link" }).click();
    const link = await page.getByRole("textbox", { name: "Link" }).inputValue();

    const guest = await under.visit({ path: link.slice(link.indexOf("#")) });
    await guest.getByText("What tools were given and answered is left out.").waitFor();
    await guest.getByText(/^datetime/).click();
    await guest.getByText("This link leaves out what tools were given and answered.").waitFor();
    expect(await guest.locator(".tool").innerText()).not.toMatch(/redacted|utc/);
    expect(await violations(guest)).toEqual([]);
  });

  it("shares only what comes from now on, if that is what the link is for", async () => {
    const id = await newSession();
    const { last_seq: after } = await under.api<{ last_seq: number }>(admin, `/sessions/${id}`);
    const { url } = await under.api<{ url: string }>(admin, `/sessions/${id}/share`, {
      body: { after },
    });
    const guest = await under.visit({ path: url.slice(url.indexOf("#")) });
    await guest.getByText("This link shows what comes from now on").waitFor();

    await under.api(admin, `/sessions/${id}/messages`, { body: { prompt: "later" } });

    await guest.getByText('You said: "later"').waitFor();
    expect(await guest.getByText('You said: "think"').count()).toBe(0);
  });
});

describe.skipIf(!hasBrowser)("a console on a laptop's open server", () => {
  it("needs no token, and there is nothing to sign out of", async () => {
    const under = await ConsoleUnderTest.start({});
    const page = await under.visit({});

    await page.getByText("No sessions yet").waitFor();

    expect(await page.getByRole("button", { name: "Sign out" }).count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    await under.endVisits();
    await under.stop();
  });
});

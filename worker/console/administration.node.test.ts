import { type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ConsoleUnderTest, hasBrowser, violations } from "./browser.node.ts";

const admin = "console-admin-token-0123456789";

describe.skipIf(!hasBrowser)("the console's pages for administrators", () => {
  let under: ConsoleUnderTest;
  let realms = 0;

  beforeAll(async () => {
    under = await ConsoleUnderTest.start({ RKAT_ADMIN_TOKEN: admin });
  }, 60_000);
  afterEach(() => under.endVisits());
  afterAll(() => under.stop());

  const freshRealm = () => `console-${(realms += 1)}`;

  const open = (address: string, { token = admin, ...look }: Look) =>
    under.visit({ path: `#/${address}`, token, ...look });

  const ask = <Answer = unknown>(realm: string, method: string, path: string, body?: object) =>
    under.api<Answer>(admin, `/realms/${realm}${path}`, { method, ...(body && { body }) });

  const setConfig = (realm: string, config: object) => ask(realm, "PUT", "/config", config);
  const configOf = async (realm: string) =>
    (await ask<{ config: unknown }>(realm, "GET", "/config")).config;
  const editor = (page: Page) => page.getByRole("textbox", { name: "The config as JSON" });
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

  /** Changes the text in the editor as a user's typing would. */
  async function replace(page: Page, from: string, to: string): Promise<void> {
    const text = await editor(page).inputValue();
    expect(text).toContain(from);
    await editor(page).fill(text.replace(from, to));
  }

  describe("config", () => {
    it("writes what was changed, and keeps secrets that it never saw", async () => {
      const realm = freshRealm();
      await setConfig(realm, {
        agent: { max_turns: 5 },
        providers: { api_keys: { openai: "sk-kept-0123456789" } },
      });
      const page = await open("config", { realm });
      await editor(page).waitFor();

      expect(await editor(page).inputValue()).toContain('"openai": "[redacted]"');
      expect(await button(page, "Save").isDisabled()).toBe(true);
      await replace(page, '"max_turns": 5', '"max_turns": 6,\n    "system_prompt": "Be brief."');
      await page.getByText("What saving changes").click();
      await says(page, '+    "max_turns": 6');
      await button(page, "Save").click();
      await says(page, "Saved as generation 2");

      expect(await button(page, "Save").isDisabled()).toBe(true);
      const { history } = await ask<{ history: unknown[] }>(realm, "GET", "/config/history");
      expect(history[0]).toMatchObject({
        action: "patch",
        changed_keys: ["agent.max_turns", "agent.system_prompt"],
      });
      expect(await configOf(realm)).toMatchObject({
        providers: { api_keys: { openai: "[redacted]" } },
      });
    });

    it("says where the text is no JSON and which key was refused, and leads there", async () => {
      const realm = freshRealm();
      await setConfig(realm, { agent: { max_turns: 5 }, retry: { max_retries: 1 } });
      const page = await open("config", { realm });
      await editor(page).waitFor();

      await replace(page, '"retry": {', '"retry" {');
      await says(page, "a colon is missing before this");
      await button(page, "Line 5, column 11").waitFor();
      expect(await button(page, "Save").isDisabled()).toBe(true);

      await replace(page, '"retry" {', '"retry": {');
      await replace(page, '"max_retries": 1', '"max_retries": 99');
      await button(page, "Save").click();
      await says(page, "Too big: expected number to be <=10");
      await button(page, "Line 6").click();

      const marked = await editor(page).evaluate((field: HTMLTextAreaElement) =>
        field.value.slice(field.selectionStart, field.selectionEnd),
      );
      expect(marked).toBe('"max_retries": 99');
      expect(await configOf(realm)).toMatchObject({ retry: { max_retries: 1 } });
    });

    it("indents with Tab, and lets go of the keyboard after Esc", async () => {
      const realm = freshRealm();
      await setConfig(realm, { agent: {} });
      const page = await open("config", { realm });
      await editor(page).fill("");
      await editor(page).focus();

      await page.keyboard.type("{");
      await page.keyboard.press("Enter");
      await page.keyboard.type('"a": 1');
      await page.keyboard.press("Tab");
      expect(await editor(page).inputValue()).toBe('{\n  "a": 1  ');
      await page.keyboard.press("Escape");
      await page.keyboard.press("Tab");

      expect(await editor(page).evaluate((field) => field === document.activeElement)).toBe(false);
    });

    it("shows both sides of a conflict, and puts one's own changes on top", async () => {
      const realm = freshRealm();
      await setConfig(realm, { agent: { max_turns: 5 }, retry: { max_retries: 1 } });
      const [one, other] = [await open("config", { realm }), await open("config", { realm })];
      await editor(one).waitFor();
      await editor(other).waitFor();

      await replace(other, '"max_retries": 1', '"max_retries": 2');
      await replace(other, '"max_turns": 5', '"max_turns": 7');
      await button(other, "Save").click();
      await says(other, "Saved as generation 2");
      await replace(one, '"max_turns": 5', '"max_turns": 6,\n    "temperature": 1');
      await button(one, "Save").click();
      await says(one, "Somebody else changed the config while you were editing");

      const rows = await one.locator(".conflict tbody tr").allInnerTexts();
      expect(rows.map((row) => row.split(/\s+/).filter(Boolean).join(" "))).toEqual([
        "agent.max_turns both changed it 5 7 6",
        "retry.max_retries 1 2 1",
        "agent.temperature not set not set 1",
      ]);
      expect(await configOf(realm)).toMatchObject({ agent: { max_turns: 7 } });

      await button(one, "Put my changes on top of theirs").click();
      await button(one, "Save").click();
      await says(one, "Saved as generation 3");
      expect(await configOf(realm)).toEqual({
        agent: { max_turns: 6, temperature: 1 },
        retry: { max_retries: 2 },
      });
    });

    it("takes theirs without losing what was typed, and keeps that while one looks elsewhere", async () => {
      const realm = freshRealm();
      await setConfig(realm, { agent: { max_turns: 5 } });
      const page = await open("config", { realm });
      await editor(page).waitFor();
      await replace(page, '"max_turns": 5', '"max_turns": 6');
      await setConfig(realm, { agent: { max_turns: 9 } });

      await button(page, "Save").click();
      await button(page, "Take theirs").click();
      expect(await editor(page).inputValue()).toContain('"max_turns": 9');
      await button(page, "Bring it back").click();
      expect(await editor(page).inputValue()).toContain('"max_turns": 6');

      await page.getByRole("link", { name: "Usage" }).click();
      await page.getByRole("heading", { name: "Usage", exact: true }).waitFor();
      await page.getByRole("link", { name: /^Config.*not saved yet/ }).click();
      expect(await editor(page).inputValue()).toContain('"max_turns": 6');
      await says(page, "Somebody else changed the config while you were editing");

      await button(page, "Sign out").click();
      await says(page, "You have unsaved changes to the config.");
      await button(page, "Stay").click();
      const asked = page.waitForEvent("dialog");
      const reloading = page.evaluate(() => location.reload());
      const dialog = await asked;
      expect(dialog.type()).toBe("beforeunload");
      await dialog.dismiss();
      await reloading;
      expect(await editor(page).inputValue()).toContain('"max_turns": 6');
    });

    it("lists generations, compares any two and brings one back", async () => {
      const realm = freshRealm();
      await setConfig(realm, { agent: { max_turns: 5 } });
      await setConfig(realm, { agent: { max_turns: 6 } });
      await setConfig(realm, { agent: { max_turns: 7 }, retry: { max_retries: 1 } });
      const page = await open("config/history", { realm });

      await page.getByRole("link", { name: "Changes of generation 3" }).click();
      await says(page, '+    "max_turns": 7');
      await page.getByRole("combobox", { name: "From" }).selectOption("1");
      await says(page, '-    "max_turns": 5');
      expect(page.url()).toContain("#/config/history/1..3");
      await page.getByRole("combobox", { name: "From" }).selectOption("0");
      await page.getByText('"max_turns": 5').waitFor({ state: "detached" });

      await page.getByRole("link", { name: "History" }).click();
      await button(page, "Restore generation 1").click();
      await says(page, '+    "max_turns": 5');
      await page.getByRole("dialog").getByRole("button", { name: "Restore", exact: true }).click();
      await says(page, "Generation 1 is in force again, as 4");
      await says(page, "restored generation 1");
      expect(await configOf(realm)).toEqual({ agent: { max_turns: 5 } });
    });
  });

  describe("tokens", () => {
    it("makes one, shows it once, copies it, and ends it", async () => {
      const realm = freshRealm();
      const page = await open("tokens", { realm });
      await says(page, "No tokens yet");

      await button(page, "New token").click();
      await page.getByLabel("Name").fill("dashboard");
      await page.getByRole("checkbox", { name: "run" }).uncheck();
      await page.getByText("Only some sessions").click();
      await page.getByLabel("Labels").fill("blue");
      await button(page, "Create token").click();
      await says(page, "A label is key=value; this is not: blue");
      await page.getByLabel("Labels").fill("team=blue");
      await page.getByLabel("Origins").fill("https://dash.example/a/page");
      await button(page, "Create token").click();
      await says(page, "It is shown this once");
      await page.keyboard.press("Escape");
      const token = await page.getByLabel("Token", { exact: true }).inputValue();
      await button(page, "Copy token").click();
      await says(page, "Copied");
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
      const self = async () =>
        fetch(`${under.server.url}/tokens/self`, { headers: { authorization: `Bearer ${token}` } });
      expect(await (await self()).json()).toMatchObject({
        realm_id: realm,
        scopes: ["read"],
        labels: { team: "blue" },
      });

      await button(page, "I have it").click();
      const row = page.getByRole("row", { name: /dashboard/ });
      expect(await row.innerText()).toContain("https://dash.example");
      expect(await page.content()).not.toContain(token);
      await button(page, "Revoke dashboard").click();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
      await says(page, "dashboard is revoked");
      await says(page, "No tokens yet");
    });

    it("lets a read-only token see what it may, and says why not the rest", async () => {
      const realm = freshRealm();
      await setConfig(realm, { agent: { max_turns: 5 } });
      const scopes = ["read"];
      const { token } = await ask<{ token: string }>(realm, "POST", "/tokens", { scopes });
      const page = await open("config", { realm, token });

      await says(page, "changing it takes the scope admin");
      expect(await editor(page).getAttribute("readonly")).not.toBeNull();
      expect(await button(page, "Save").count()).toBe(0);
      await page.getByRole("link", { name: "History" }).click();
      await page.getByRole("link", { name: "Changes of generation 1" }).waitFor();
      expect(await page.getByRole("button", { name: /Restore/ }).count()).toBe(0);
      await page.getByRole("link", { name: "Tokens" }).click();
      await page.getByRole("heading", { name: "Tokens" }).waitFor();
      await says(page, "This page is for administrators");
      expect(await violations(page)).toEqual([]);
      await page.getByRole("link", { name: "Audit" }).click();
      await page.getByRole("heading", { name: "Audit log" }).waitFor();
      await says(page, "This page is for administrators");
      await page.getByRole("link", { name: "Usage" }).click();
      await says(page, "Nothing was used in the last 30 days");
      expect(await violations(page)).toEqual([]);
    });
  });

  it("shows what was used, and what is left of a budget", async () => {
    const realm = freshRealm();
    await setConfig(realm, { budgets: { day: { max_model_calls: 4 } } });
    const labels = { team: "blue" };
    await ask(realm, "POST", "/sessions", { prompt: "hello", model: "demo", labels });
    // A call is entered in the realm's books a moment after its turn has ended.
    const entered = async () =>
      (await ask<{ rows: unknown[] }>(realm, "GET", "/usage")).rows.length > 0;
    await vi.waitUntil(entered, { timeout: 20_000 });
    const page = await open("usage", { realm });

    await says(page, "3 of 4 left");
    await button(page, "Model calls").click();
    expect(await page.locator(".day-chart rect").count()).toBe(30);
    const models = page.locator("section", {
      has: page.getByRole("heading", { name: "By model" }),
    });
    await models.getByText("As a table").click();
    expect(await models.getByRole("row", { name: /^demo 1 / }).count()).toBe(1);
    await page.getByRole("combobox", { name: "Group by" }).selectOption("label");
    await page.getByRole("textbox", { name: "Label" }).fill("team");
    await page.keyboard.press("Enter");
    await page.getByText("blue").first().waitFor();
  });

  it("pages and filters the audit log, and verifies its chain", async () => {
    const realm = freshRealm();
    for (let generation = 0; generation < 101; generation += 1) {
      await ask(realm, "PATCH", "/config", { agent: { max_turns: 5 } });
    }
    await ask(realm, "POST", "/tokens", { name: "ci" });
    const page = await open("audit", { realm });

    await says(page, "100 newest entries");
    await page.getByRole("searchbox").fill("TOKEN");
    await says(page, "1 of the 100 newest entries fit");
    await button(page, "Look in older ones").click();
    await says(page, "1 of the 102 entries fit");
    const rows = await page.locator(".audit tbody tr").allInnerTexts();
    expect(rows.map((row) => row.replaceAll(/\s+/g, " "))).toEqual([
      expect.stringContaining("admin Created a token tokens/create"),
    ]);
    await button(page, "Verify").click();
    await says(page, "102 entries checked");
  });

  it("has no axe violation and no sideways scrolling, in both themes, wide and narrow", async () => {
    const realm = freshRealm();
    await setConfig(realm, { agent: { max_turns: 5 }, shell: { program: "nu" } });
    const first = { prompt: "hello", model: "demo" };
    const { session_id: id } = await ask<{ session_id: string }>(realm, "POST", "/sessions", first);
    await ask(realm, "POST", `/sessions/${id}/share`, {});
    await ask(realm, "POST", "/tokens", { name: "ci", origins: ["https://a.example"] });
    const found: string[] = [];
    for (const [theme, width] of [
      ["light", 1280],
      ["dark", 360],
    ] as const) {
      await setConfig(realm, { agent: { max_turns: 6 }, budgets: { day: { max_model_calls: 1 } } });
      const page = await open("config", { realm, theme, width });
      const look = async (name: string) => {
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        found.push(
          ...(await violations(page, [theme])).map((violation) => `${name}: ${violation}`),
        );
        if (wider > 0) found.push(`${name}: ${wider} px wider than the window`);
      };
      await editor(page).waitFor();
      await replace(page, '"max_turns": 6', '"max_turns": 8');
      await ask(realm, "PATCH", "/config", { agent: { max_turns: width } });
      await button(page, "Save").click();
      await page.locator(".conflict").waitFor();
      await look("conflict");
      await button(page, "Take theirs").click();
      await editor(page).fill("{ nothing");
      await page.locator(".problem").first().waitFor();
      await look("problem");
      await goTo(page, "config/history", "Changes of generation 2");
      await look("history");
      await goTo(page, "config/history/1..2", "Swap");
      await look("comparison");
      await goTo(page, "usage", "By day");
      await look("usage");
      await goTo(page, "audit", "Verify");
      await look("audit");
      await goTo(page, "tokens", "New token");
      await look("tokens");
      await button(page, "New token").click();
      await look("new token");
      await button(page, "Create token").click();
      await button(page, "Copy token").waitFor();
      await look("secret");
    }
    expect(found).toEqual([]);
  });

  /** Goes to an address and waits for something there. */
  async function goTo(page: Page, address: string, seen: string): Promise<void> {
    await page.evaluate((hash) => (location.hash = hash), `#/${address}`);
    await page
      .getByRole("main")
      .locator("a, button, h2")
      .and(page.getByLabel(seen).or(page.getByText(seen, { exact: true })))
      .first()
      .waitFor();
  }
});

/** Who looks, at which realm, and how. */
interface Look {
  realm: string;
  token?: string;
  theme?: "light" | "dark";
  width?: number;
}

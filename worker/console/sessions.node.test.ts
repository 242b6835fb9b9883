import type { Page, WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import * as anthropic from "../../durable-objects/providers/wire/anthropic.ts";
import { dialects } from "../../durable-objects/providers/wire/dialects.ts";
import { type Chunk, wire } from "../../durable-objects/providers/wire/script.ts";
import { ConsoleUnderTest, hasBrowser, violations } from "./browser.node.ts";

const admin = "console-test-admin-token";
const KEY = "console-sessions";

interface History {
  messages: { role: string; blocks?: { data: { text?: string } }[] }[];
}

describe.skipIf(!hasBrowser)("sessions in the console", () => {
  const vendor = wire(inject("wireUrl"));
  let under: ConsoleUnderTest;

  beforeAll(async () => {
    under = await ConsoleUnderTest.start({
      RKAT_ADMIN_TOKEN: admin,
      ANTHROPIC_API_KEY: "sk-ant-test",
      ANTHROPIC_BASE_URL: vendor.base(KEY),
    });
  }, 60_000);
  afterEach(() => under.endVisits());
  afterAll(() => under.stop());

  /** A model's answer of which each word waits for a gate of its own: `g0`, `g1`, … */
  function gated(words: readonly string[]): Chunk[] {
    const deltas = words.map((text, index) => ({
      data: anthropic.event({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text },
      }),
      gate: `g${index}`,
    }));
    const [start = "", stop = ""] = anthropic.textBlock(0);
    const end = anthropic.messageEnd("end_turn").join("");
    return [{ data: anthropic.messageStart() + start }, ...deltas, { data: stop + end }];
  }

  const says = (...words: string[]) => ({
    chunks: [{ data: dialects.anthropic.says(...words).join("") }],
  });

  async function newSession(labels: Record<string, string> = {}): Promise<string> {
    const body = { initial_turn: "deferred", model: "claude-haiku-4-5", labels };
    return (await under.api<{ session_id: string }>(admin, "/sessions", { body })).session_id;
  }

  async function answersOf(id: string): Promise<string[]> {
    const { messages } = await under.api<History>(admin, `/sessions/${id}/history`);
    return messages.flatMap(({ role, blocks }) =>
      role === "block_assistant" ? [blocks?.map(({ data }) => data.text).join("") ?? ""] : [],
    );
  }

  const prompt = (page: Page) => page.getByRole("textbox", { name: "Prompt", exact: true });
  const answers = (page: Page) => page.getByRole("article", { name: "Answer" });

  async function say(page: Page, text: string): Promise<void> {
    await prompt(page).fill(text);
    await prompt(page).press("Enter");
  }

  it("starts one on the demo provider and shows its answer and what it used", async () => {
    const page = await under.visit({ token: admin });
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();

    await page.keyboard.press("n");
    await prompt(page).fill("think, then greet me");
    await page.getByRole("combobox", { name: "Model" }).selectOption("demo");
    await page.getByText("System prompt, title").click();
    await page.getByRole("textbox", { name: "Labels" }).fill("team=infra");
    await page.getByRole("button", { name: "Start" }).click();

    await page.getByText('You said: "think, then greet me"').waitFor();
    await page.getByText(/in · .* out/).waitFor();
    await page.getByText("Thinking").first().click();
    await page.getByText("Nothing to think about").waitFor();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(
      "think, then greet me",
    );
    await page.goto(`${under.server.url}/console/#/sessions`);
    await page.keyboard.press("/");
    await page.keyboard.type("team=infra greet");
    await page.getByRole("link", { name: /think, then greet me/ }).waitFor();
    await page.getByRole("searchbox").fill("team=other");
    await page.getByText("No session matches").waitFor();
  });

  it("shows exactly what the API’s history holds after 20 reloads in one streamed turn", async () => {
    const words = Array.from({ length: 21 }, (_, index) => `word${index} `);
    await vendor.script(KEY, [{ chunks: gated(words) }]);
    const id = await newSession();
    const page = await under.visit({ token: admin, path: `#/sessions/${id}` });
    await say(page, "go on");

    for (const index of words.keys()) {
      await vendor.open(KEY, `g${index}`);
      await page.getByText(`word${index}`, { exact: false }).waitFor();
      expect(await answers(page).innerText()).toBe(
        words
          .slice(0, index + 1)
          .join("")
          .trim(),
      );
      if (index < 20) await page.reload();
    }

    await page.getByText("Fork from here").waitFor();
    expect(await answers(page).allInnerTexts()).toEqual(
      (await answersOf(id)).map((text) => text.trim()),
    );
  }, 120_000);

  it("queues, takes back, steers and interrupts, and another watcher sees it", async () => {
    await vendor.script(KEY, [
      { chunks: gated(["begun ", "never"]) },
      says("second answer"),
      says("and on"),
    ]);
    await vendor.open(KEY, "g0");
    const id = await newSession();
    const page = await under.visit({ token: admin, path: `#/sessions/${id}` });
    const other = await under.visit({ token: admin, path: `#/sessions/${id}` });

    await say(page, "first");
    await other.getByText("begun").waitFor();
    await say(page, "second");
    await page.getByRole("list", { name: "Waiting prompts" }).getByText("second").waitFor();
    await say(page, "third");
    const third = page.getByRole("listitem").filter({ hasText: "third" });
    await third.getByRole("button", { name: "Take back" }).click();
    await third.waitFor({ state: "detached" });
    await prompt(page).fill("mind this");
    await page.getByRole("button", { name: "Steer" }).click();
    const steering = page.getByRole("listitem").filter({ hasText: "mind this" });
    await steering.getByText("steering").waitFor();
    await steering.getByRole("button", { name: "Take back" }).click();
    await steering.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Interrupt" }).click();

    await other.getByText("Interrupted").waitFor();
    await other.getByText("second answer").waitFor();
    await page.getByText("second answer").waitFor();
    expect(await page.getByText("third").count()).toBe(0);
    expect(await answers(page).allInnerTexts()).toEqual(["second answer"]);

    await say(other, "said elsewhere");
    await page.getByRole("article", { name: "Prompt" }).getByText("said elsewhere").waitFor();
    await page.getByText("and on").waitFor();
  });

  it("keeps an interrupted answer in sight, and says that the model does not remember it", async () => {
    await vendor.script(KEY, [{ chunks: gated(["half of it", "never"]) }]);
    await vendor.open(KEY, "g0");
    const id = await newSession();
    const page = await under.visit({ token: admin, path: `#/sessions/${id}` });
    await say(page, "tell me");
    await page.getByText("half of it").waitFor();
    await page.getByRole("button", { name: "Interrupt" }).click();

    for (const time of ["at once", "after a reload"]) {
      if (time === "after a reload") await page.reload();
      await page.getByText("Interrupted: the model does not remember").waitFor();
      const unfinished = page.getByRole("article", { name: "Unfinished" });
      expect(await unfinished.innerText(), time).toBe("half of it");
      expect(await answers(page).count(), time).toBe(0);
    }
  });

  it("shows calls of tools with arguments, results and durations", async () => {
    const clock = { id: "call_1", name: "datetime", args: { time_zone: "Nowhere/Never" } };
    await vendor.script(KEY, [
      { chunks: [{ data: dialects.anthropic.calls([clock], "which time?").join("") }] },
      says("It is late."),
    ]);
    const id = await newSession();
    await under.api(admin, `/sessions/${id}/messages`, {
      body: { prompt: "time?", enable_builtins: true },
    });
    const page = await under.visit({ token: admin, path: `#/sessions/${id}` });

    const card = page.locator(".tool");
    await card.getByText(/failed · \d+ ms/).waitFor();
    await card.locator("summary").click();

    await card.getByText('"time_zone": "Nowhere/Never"').waitFor();
    await card.getByRole("heading", { name: "Error" }).waitFor();
    expect(await answers(page).last().innerText()).toBe("It is late.");
  });

  it("forks from a turn, archives, and shows the archived session still", async () => {
    await vendor.script(KEY, [says("one"), says("two")]);
    const id = await newSession({ title: "To be forked" });
    for (const text of ["a", "b"]) {
      await under.api(admin, `/sessions/${id}/messages`, { body: { prompt: text } });
    }
    const page = await under.visit({ token: admin, path: `#/sessions/${id}` });
    await page.getByText("Fork from here").first().click();
    await page.getByText("Forked: this is the new session").waitFor();
    await page.waitForURL((url) => !url.hash.includes(id));
    await page.getByText("one").waitFor();
    expect(await answers(page).allInnerTexts()).toEqual(["one"]);

    const fork = page.url();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("button", { name: "Archive…" }).click();
    await page.getByRole("button", { name: "Archive", exact: true }).click();
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    await page.goto(fork);

    await page.getByText("This session is archived").waitFor();
    expect(await answers(page).allInnerTexts()).toEqual(["one"]);
  });

  it("copies as Markdown and as curl, without the token", async () => {
    await vendor.script(KEY, [says("Some **bold** words")]);
    const id = await newSession();
    await under.api(admin, `/sessions/${id}/messages`, { body: { prompt: "ask" } });
    const page = await under.visit({ token: admin, path: `#/sessions/${id}` });
    const copied = async (name: string): Promise<string> => {
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("button", { name }).click();
      await page.locator(".notice").last().waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };

    expect(await copied("Copy as Markdown")).toContain(
      "## User\n\nask\n\n## Assistant\n\nSome **bold** words",
    );
    const curl = await copied("Copy as curl");
    expect(curl).toContain("Bearer $RKAT_TOKEN");
    expect(curl).not.toContain(admin);
  });

  it("leads to an event by its address", async () => {
    await vendor.script(KEY, [says("x ".repeat(3_000)), says("the second")]);
    const id = await newSession();
    for (const text of ["first prompt", "second prompt"]) {
      await under.api(admin, `/sessions/${id}/messages`, { body: { prompt: text } });
    }

    const page = await under.visit({ token: admin, path: `#/sessions/${id}@1` });

    await page.locator(".row.target").getByText("first prompt").waitFor();
    expect(await page.locator(".row.target").getByText("first prompt").isVisible()).toBe(true);
    await page.getByRole("button", { name: "Jump to latest" }).click();
    await page.getByText("the second").waitFor();
  });

  it("says that the connection is lost, and heals at the cursor", async () => {
    await vendor.script(KEY, [{ chunks: gated(["before ", "after"]) }]);
    await vendor.open(KEY, "g0");
    const id = await newSession();
    const page = await under.visit({ token: admin });
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/\/rpc/, (socket) => {
      sockets.push(socket);
      socket.connectToServer();
    });
    await page.goto(`${under.server.url}/console/#/sessions/${id}`);
    await page.reload();
    await say(page, "go");
    await page.getByText("before").waitFor();

    await page.context().setOffline(true);
    for (const socket of sockets.splice(0)) await socket.close({ code: 1012 });
    await page.getByText("Connection lost").waitFor();
    expect(await violations(page)).toEqual([]);
    await vendor.open(KEY, "g1");
    await page.context().setOffline(false);

    await page.getByText("before after").waitFor();
    await page.getByText("Fork from here").waitFor();
    expect(await page.getByText("Connection lost").count()).toBe(0);
  });

  it("has no barriers that axe finds: the list, a session, its dialogs, keys and errors", async () => {
    await vendor.script(KEY, [
      says("# A heading\n\nText, `code`, [a link](https://example.com).\n\n```js\nlet x;\n```\n"),
      { chunks: gated(["begun ", "never"]) },
    ]);
    const id = await newSession({ title: "For axe", team: "infra" });
    await under.api(admin, `/sessions/${id}/messages`, { body: { prompt: "ask" } });
    const page = await under.visit({ token: admin });
    const found: string[] = [];
    const look = async (view: string) => {
      found.push(...(await violations(page)).map((violation) => `${view}, ${violation}`));
    };
    const close = async () => {
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    };

    await page.getByRole("link", { name: /For axe/ }).waitFor();
    await look("list");
    await page.getByRole("searchbox").fill("team=nobody");
    await page.getByText("No session matches").waitFor();
    await look("nothing found");
    await page.getByRole("searchbox").fill("");
    await page.keyboard.press("Escape");
    await page.keyboard.press("n");
    await page.getByRole("dialog").waitFor();
    await look("new session");
    await close();

    await page.getByRole("link", { name: /For axe/ }).click();
    await page.getByText("A heading").waitFor();
    await look("session");
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByRole("button", { name: "Create link" }).click();
    await page.getByRole("textbox", { name: "Link" }).waitFor();
    await look("share");
    await close();
    await page.getByRole("button", { name: "Keys" }).click();
    await page.getByText("Write a prompt").waitFor();
    await look("keys");
    await close();

    await vendor.open(KEY, "g0");
    await say(page, "go on");
    await page.getByText("begun").waitFor();
    await say(page, "then this");
    await page.getByRole("list", { name: "Waiting prompts" }).waitFor();
    await look("running");
    await page.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("button", { name: "Interrupt" }).click();
    await page.getByText("Interrupted").waitFor();
    await look("interrupted");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("button", { name: "Archive…" }).click();
    await page.getByRole("dialog").waitFor();
    await look("archive");
    await page.getByRole("button", { name: "Archive", exact: true }).click();
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();

    for (const [view, address, text] of [
      ["archived", `sessions/${id}`, "This session is archived"],
      ["no session", "sessions/not-a-session", "This session cannot be shown"],
      ["nowhere", "nowhere", "There is nothing at this address"],
    ] as const) {
      await page.goto(`${under.server.url}/console/#/${address}`);
      await page.getByText(text).waitFor();
      await look(view);
    }
    expect(found).toEqual([]);
  });
});

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import * as anthropic from "../../durable-objects/providers/wire/anthropic.ts";
import { dialects } from "../../durable-objects/providers/wire/dialects.ts";
import { type Reply, wire } from "../../durable-objects/providers/wire/script.ts";
import { ConsoleUnderTest, hasBrowser, violations } from "./browser.node.ts";

const admin = "console-test-admin-token";
const KEY = "console-transcript";
const MESSAGES = 10_000;

describe.skipIf(!hasBrowser)("a transcript in the console", () => {
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

  const whole = (...frames: string[]): Reply => ({ chunks: [{ data: frames.join("") }] });

  /** A session in which a model has said this, once. */
  async function said(text: string, prompt = "say it"): Promise<string> {
    await vendor.script(KEY, [whole(...dialects.anthropic.says(text))]);
    const { session_id } = await under.api<{ session_id: string }>(admin, "/sessions", {
      body: { prompt, model: "claude-haiku-4-5" },
    });
    return session_id;
  }

  const open = (id: string) => under.visit({ token: admin, path: `#/sessions/${id}` });
  const answer = (page: Page) => page.getByRole("article", { name: "Answer" });

  it("shows HTML and scripts of a model as text, and runs nothing", async () => {
    const hostile = [
      '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>',
      "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
      "[run](javascript:globalThis.hacked=1) [mail](mailto:a@b.example) [web](https://a.example/x)",
      "![track](https://tracker.example/pixel.png) ![inline](data:image/png;base64,iVBORw0KGgo=)",
      "![svg](data:image/svg+xml,<svg/onload=globalThis.hacked=1>)",
    ].join("\n\n");
    const requests: string[] = [];
    const page = await open(await said(hostile, hostile));
    page.on("request", (request) => requests.push(request.url()));
    await answer(page).waitFor();

    expect(await answer(page).innerText()).toContain("<script>globalThis.hacked=1</script>");
    expect(await page.evaluate(() => "hacked" in globalThis)).toBe(false);
    expect(await page.locator(".transcript :is(iframe, script, [onerror])").count()).toBe(0);
    const links = await answer(page)
      .getByRole("link")
      .evaluateAll((found) =>
        found.map((link) => [link.getAttribute("href"), link.getAttribute("rel")]),
      );
    const rel = "noopener noreferrer nofollow";
    expect(links).toEqual([
      ["mailto:a@b.example", rel],
      ["https://a.example/x", rel],
      ["https://tracker.example/pixel.png", rel],
    ]);
    expect(requests.filter((url) => url.includes("tracker"))).toEqual([]);
    expect(await answer(page).locator("img").count()).toBe(1);
  });

  it("shows images of prompts and of tools, each with a text for who cannot see them", async () => {
    const pixel =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
    const image = { type: "image", media_type: "image/png", source: "inline", data: pixel };
    const calls = dialects.anthropic.calls([{ id: "call_1", name: "camera", args: {} }]);
    await vendor.script(KEY, [whole(...calls), whole(...dialects.anthropic.says("Two images."))]);
    const { session_id: id } = await under.api<{ session_id: string }>(admin, "/sessions", {
      body: {
        initial_turn: "deferred",
        model: "claude-haiku-4-5",
        external_tools: [{ name: "camera" }],
      },
    });
    await under.api(admin, `/sessions/${id}/messages`, {
      body: { prompt: [{ type: "text", text: "What is this?" }, image] },
    });
    const page = await open(id);
    const card = page.locator(".tool");
    await card.getByText("waits for a client").waitFor();
    await under.api(admin, `/sessions/${id}/messages`, {
      body: { tool_results: [{ tool_use_id: "call_1", content: [image] }] },
    });
    await page.getByText("Two images.").waitFor();
    await card.locator("summary").click();

    const prompt = page.getByRole("article", { name: "Prompt" });
    for (const place of [prompt, card]) {
      const shown = place.getByRole("img", { name: /^Attachment \d, image\/png$/ });
      await expect
        .poll(() => shown.evaluate((node: HTMLImageElement) => node.naturalWidth))
        .toBe(1);
    }
    expect(await violations(page)).toEqual([]);
  });

  it("tells retries, changes of the model and condensing in quiet lines", async () => {
    const realm = "incidents";
    const [own, other] = ["claude-haiku-4-5", "claude-opus-5"];
    await under.api(admin, `/realms/${realm}/config`, {
      method: "PUT",
      body: {
        retry: { max_retries: 1, initial_delay: "1ms", max_delay: "2ms" },
        model_fallback: { chain: [other] },
        compaction: {
          auto_compact_threshold: 1,
          recent_turn_budget: 1,
          min_turns_between_compactions: 9,
        },
      },
    });
    const down: Reply = {
      status: 529,
      chunks: [{ data: JSON.stringify(anthropic.failure("overloaded_error", "Overloaded")) }],
    };
    const says = (text: string) => whole(...dialects.anthropic.says(text));
    await vendor.script(KEY, [
      says("Plain."),
      down,
      says("A SUMMARY."),
      says("At the second attempt."),
      down,
      down,
      says("In its place."),
    ]);
    const { session_id: id } = await under.api<{ session_id: string }>(
      admin,
      `/realms/${realm}/sessions`,
      { body: { prompt: "one", model: own } },
    );
    const page = await under.visit({ token: admin, realm, path: `#/sessions/${id}` });
    for (const [prompt, last] of [
      ["two", "At the second attempt."],
      ["three", "In its place."],
    ] as const) {
      await page.getByRole("textbox", { name: "Prompt", exact: true }).fill(prompt);
      await page.keyboard.press("Enter");
      await page.getByText(last).waitFor();
    }
    await expect.poll(() => page.getByText("Fork from here").count()).toBe(3);

    for (const time of ["as it happens", "after a reload"]) {
      if (time === "after a reload") {
        await page.reload();
        await page.getByText("In its place.").waitFor();
      }
      expect(await page.locator(".line").allInnerTexts(), time).toEqual([
        "Condensing 4 messages",
        "Retrying (1 of 1) in 0.0 s: anthropic answered 529: Overloaded",
        "Condensed: the model now sees 3 messages instead of 4",
        "Retrying (1 of 1) in 0.0 s: anthropic answered 529: Overloaded",
        `${own} is unavailable (overloaded); going on with ${other}`,
      ]);
      const used = await page.locator(".turn-end .number").allInnerTexts();
      // Of each turn alone, at the price of the model that answered.
      expect(
        used.map((text) => text.slice(text.indexOf("·"))),
        time,
      ).toEqual([
        "· 12 in · 7 out · $0.000047",
        "· 24 in · 14 out · $0.000094",
        "· 12 in · 7 out · $0.00023",
      ]);
    }
    expect(await violations(page)).toEqual([]);
  });

  it("takes terminal codes out, and makes other control characters visible", async () => {
    const page = await open(
      await said(
        "\u001B[31mred\u001B[0m \u001B]8;;https://a.example\u0007link\u001B]8;;\u0007 \u0000nul\u0007",
      ),
    );

    await answer(page).waitFor();

    expect(await answer(page).innerText()).toBe("red link ␀nul␇");
  });

  it("stays quick and within its width with a line of a mebibyte", async () => {
    const page = await open(await said("A".repeat(1024 * 1024)));
    await page.getByRole("button", { name: "Show all 1,048,576 characters" }).waitFor();
    const width = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    expect(await width()).toBe(0);

    await page.getByRole("button", { name: /^Show all/ }).click();

    await page.waitForFunction(
      () => document.querySelector(".answer pre")?.textContent.length === 1024 * 1024,
    );
    expect(await width()).toBe(0);
  });

  it("shows right-to-left text in its direction", async () => {
    const page = await open(await said("שלום עולם\n\nHello world"));

    await answer(page).waitFor();

    const directions = await answer(page)
      .locator("p")
      .evaluateAll((found) => found.map((node) => getComputedStyle(node).direction));
    expect(directions).toEqual(["rtl", "ltr"]);
  });

  it("shows broken Markdown, names and indices with all their characters", async () => {
    const text = "**never closed and `half a code, some_snake_case, list[i] and [a](b";
    const page = await open(await said(`${text}\n\n| a |\n|--\n\n\`\`\`js\nlet x = "open";`));

    await answer(page).waitFor();

    const shown = await answer(page).innerText();
    expect(shown).toContain("some_snake_case");
    expect(shown).toContain("list[i]");
    expect(shown).toContain('let x = "open";');
  });

  it("scrolls through 10,000 messages with few of them on the page, from any place to any other", async () => {
    const id = await said("short");
    const page = await under.visit({ token: admin });
    await page.route(/\/rpc/, (route) => {
      const answered = longHistory(route.request().postData() ?? "", id);
      return answered ? route.fulfill({ body: answered }) : route.fallback();
    });
    await page.routeWebSocket(/\/rpc/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((sent) => {
        const answered = longHistory(String(sent), id);
        if (answered) socket.send(answered);
        else server.send(sent);
      });
    });
    await page.goto(`${under.server.url}/console/#/sessions/${id}`);
    await page.reload();

    const scroller = page.getByRole("region", { name: "Transcript" });
    const scrollTo = (part: number) =>
      scroller.evaluate((node, at) => node.scrollTo({ top: node.scrollHeight * at }), part);
    await page.getByText("message 9999.").waitFor();
    await scrollTo(0);
    await page.getByText("message 0.").waitFor();
    await scrollTo(0.5);
    await page
      .getByText(/^message [45]\d\d\d\./)
      .first()
      .waitFor();
    expect(await page.locator(".row").count()).toBeLessThan(60);
    expect(await page.getByText("message 9999.").count()).toBe(0);

    await page.getByRole("button", { name: "Jump to latest" }).click();
    await page.getByText("message 9999.").waitFor();
  });
});

/** What a deployment with 10,000 messages would answer to a request for its history. */
function longHistory(request: string, session_id: string): string | undefined {
  const { id, method, params } = JSON.parse(request) as {
    id: number;
    method?: string;
    params?: { offset?: number; limit?: number };
  };
  if (method !== "session/history") return undefined;
  const { offset = 0, limit = 100 } = params ?? {};
  const count = Math.max(0, Math.min(limit, MESSAGES - offset));
  const messages = Array.from({ length: count }, (_, place) => message(offset + place));
  const facts = { session_id, session_ref: `r:${session_id}`, message_count: MESSAGES };
  const result = { ...facts, offset, limit, has_more: offset + limit < MESSAGES, messages };
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** A message of a long transcript, of no even length. */
function message(index: number): object {
  const created_at = "2026-11-22T10:00:00.000Z";
  const text = `message ${index}. ${"words ".repeat((index * 37) % 200)}`;
  return index % 2 === 0
    ? { role: "user", content: text, run_id: `run-${index}`, created_at }
    : {
        role: "block_assistant",
        blocks: [{ block_type: "text", data: { text } }],
        stop_reason: "end_turn",
        created_at,
      };
}

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type AxeResults } from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { freshStateRoot, type Served, startServe } from "../../cli/test-support.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);

/** Whether there is a browser to test with. */
export const hasBrowser = executablePath !== undefined;

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** A machine that is busy with other tests may be slow. */
const PATIENCE_MS = 20_000;

/** How a page is opened. */
export interface Visit {
  /** What stands after `/console/`. */
  path?: string;
  /** Signs in with it, as the form does for a tab. */
  token?: string;
  /** The realm to sign in to. */
  realm?: string;
  width?: number;
  height?: number;
  theme?: Theme;
}

/** A real server and a real browser, for the tests of one file; and all that the browser complained about. */
export class ConsoleUnderTest {
  readonly server: Served;
  readonly #complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(server: Served, browser: Browser) {
    this.server = server;
    this.#browser = browser;
  }

  static async start(env: Record<string, string>): Promise<ConsoleUnderTest> {
    const server = await startServe(freshStateRoot(), env);
    const browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
    return new ConsoleUnderTest(server, browser);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.server.end("SIGTERM");
  }

  /** Closes all pages. @throws when the browser has complained of a breach of the policy or of a script */
  async endVisits(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
    const complaints = this.#complaints.splice(0);
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  }

  /** A page in a browser context of its own, as on another device. */
  async visit(look: Visit): Promise<Page> {
    const { path = "", token, realm, width = 1280, height = 800, theme = "light" } = look;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    if (token) await signedIn(context, JSON.stringify({ token, realm }));
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    this.#listen(page);
    await page.goto(`${this.server.url}/console/${path}`);
    return page;
  }

  /** What the API answers, asked with a token. */
  async api<Answer>(
    token: string,
    path: string,
    { body, method = body ? "POST" : "GET" }: { body?: object; method?: string } = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    // Each test names what the operation answers.
    return (await response.json()) as Answer;
  }

  #listen(page: Page): void {
    page.on("pageerror", (error) => this.#complaints.push(String(error.stack)));
    page.on("console", (message) => {
      // A refused request is a line of the browser's own, and what many a test is about.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        this.#complaints.push(message.text());
      }
    });
  }
}

async function signedIn(context: BrowserContext, credentials: string): Promise<void> {
  await context.addInitScript((text) => {
    sessionStorage.setItem("meerkat.access", text);
  }, credentials);
}

type Theme = "light" | "dark";

/** What axe-core finds wrong with a page as it is now, in words; the page is left in the last of the themes. */
export async function violations(
  page: Page,
  themes: readonly Theme[] = ["dark", "light"],
): Promise<string[]> {
  await page.evaluate(await readFile(axeSource, "utf8"));
  const found: string[] = [];
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    const results = await page.evaluate((): Promise<AxeResults> =>
      (globalThis as unknown as { axe: typeof import("axe-core") }).axe.run(),
    );
    for (const { id, nodes } of results.violations) {
      for (const { target, failureSummary } of nodes) {
        found.push(`${theme}: ${id} ${target.join(" ")}: ${failureSummary}`);
      }
    }
  }
  return found;
}

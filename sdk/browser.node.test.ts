import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freshStateRoot, type Served, startServe } from "../cli/test-support.ts";
import type * as Sdk from "./index.ts";

// A browser and a server are started, on a machine that may be busy with other tests.
vi.setConfig({ hookTimeout: 60_000 });

const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a page is given: where the deployment is, and what opens it. */
interface Access {
  url: string;
  token: string;
}

const html = `<!doctype html><link rel=icon href=data:,><title>page</title>
<script type=module>
  import * as sdk from "/sdk.js";
  globalThis.sdk = sdk;
</script>`;

/** The SDK as it ships to browsers. */
async function bundled(): Promise<string> {
  const bundle = await build({
    entryPoints: [new URL("index.ts", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  return bundle.outputFiles[0]?.text ?? "";
}

/** A web page of another origin than the deployment's, with the SDK. */
async function servePages(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/sdk.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe.skipIf(!executablePath)("the SDK in a browser", () => {
  let pages: Server[];
  let deployment: Served;
  let browser: Browser;
  let origin: string;
  /** Allowed as well, but nobody's business. */
  let other: string;
  let foreign: string;
  let given: Access;

  beforeAll(async () => {
    const script = await bundled();
    pages = await Promise.all([servePages(script), servePages(script), servePages(script)]);
    const origins = pages.map((server) => server.address() as AddressInfo);
    [origin = "", other = "", foreign = ""] = origins.map(({ port }) => `http://127.0.0.1:${port}`);
    const token = "browser-test-token";
    deployment = await startServe(freshStateRoot(), {
      RKAT_ADMIN_TOKEN: token,
      RKAT_CORS_ORIGINS: `${origin}, ${other}`,
    });
    given = { url: deployment.url, token };
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
  });

  afterAll(async () => {
    await browser.close();
    await deployment.end("SIGTERM");
    for (const server of pages) server.close();
  });

  /** A page with the SDK at hand. */
  async function openPage(at = origin): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript((about) => Object.assign(globalThis, { access: about }), given);
    await page.goto(at);
    return page;
  }

  it("creates a session and streams its answer", async () => {
    const page = await openPage();

    const seen = await page.evaluate(async () => {
      const client = await new sdk.MeerkatClient().connect(access);
      const stream = client.createSessionStreaming("hello", { model: "demo" });
      let text = "";
      for await (const event of stream) if (event.type === "text_delta") text += event.delta;
      return { text, result: stream.result.text };
    });

    expect(seen.text).toContain('You said: "hello"');
    expect(seen.result).toBe(seen.text);
  });

  it("goes on at its cursor after a reload in mid-turn", async () => {
    const page = await openPage();
    const id = await page.evaluate(async () => {
      const client = await new sdk.MeerkatClient().connect(access);
      const session = await client.createDeferredSession("", { model: "demo" });
      const seen: number[] = [];
      await new Promise<void>((resolve) => {
        void (async () => {
          for await (const { seq } of await client.subscribeSessionEvents(session.id, {
            after: 0,
          })) {
            seen.push(seq);
            sessionStorage.setItem("seen", JSON.stringify(seen));
            if (seen.length === 6) resolve();
          }
        })();
        void session.startTurn("slow please").catch(() => undefined);
      });
      return session.id;
    });

    await page.reload();
    const after = await page.evaluate(async (sessionId) => {
      const client = await new sdk.MeerkatClient().connect(access);
      const seen: number[] = JSON.parse(sessionStorage.getItem("seen") ?? "[]");
      const last = seen.at(-1) ?? 0;
      for await (const event of await client.subscribeSessionEvents(sessionId, { after: last })) {
        seen.push(event.seq);
        if (event.payload.type === "run_completed") break;
      }
      const all: number[] = [];
      for await (const event of await client.subscribeSessionEvents(sessionId, { after: 0 })) {
        all.push(event.seq);
        if (event.payload.type === "run_completed") break;
      }
      return { seen, all };
    }, id);

    expect(after.seen).toEqual(after.all);
  });

  it("interrupts a turn that another page watches, and both see the same", async () => {
    const [one, other] = [await openPage(), await openPage()];
    const id = await one.evaluate(async () => {
      const client = await new sdk.MeerkatClient().connect(access);
      return (await client.createDeferredSession("", { model: "demo" })).id;
    });
    const watch = (sessionId: string) =>
      other.evaluate(async (watched) => {
        const client = await new sdk.MeerkatClient().connect(access);
        const seen: unknown[] = [];
        for await (const event of await client.subscribeSessionEvents(watched, { after: 0 })) {
          seen.push(event.payload);
          if (event.payload.type === "run_failed") return seen;
        }
        return seen;
      }, sessionId);

    const watched = watch(id);
    const told = await one.evaluate(async (sessionId) => {
      const client = await new sdk.MeerkatClient().connect(access);
      const seen: unknown[] = [];
      const stream = client.session(sessionId).stream("slow please");
      try {
        for await (const event of stream) {
          seen.push(event);
          if (event.type === "text_delta") await client.session(sessionId).interrupt();
        }
        return { seen, code: "none" };
      } catch (error) {
        return { seen, code: error instanceof Error && "code" in error ? error.code : "other" };
      }
    }, id);

    expect(told.code).toBe("REQUEST_CANCELLED");
    expect(told.seen.map(typeOf)).toEqual((await watched).map(typeOf));
  });

  it("is refused with a wrong token, and from an origin that is not allowed", async () => {
    const page = await openPage();

    const codes = await page.evaluate(async (url) => {
      const attempt = async (token: string) => {
        try {
          await new sdk.MeerkatClient().connect({ url, token });
          return "connected";
        } catch (error) {
          return error instanceof Error && "code" in error ? error.code : "other";
        }
      };
      return attempt("wrong");
    }, given.url);
    const evil = await fetch(`${given.url}/sessions`, {
      headers: { origin: "https://evil.example", authorization: `Bearer ${given.token}` },
    });

    expect(codes).toBe("UNAUTHORIZED");
    expect(evil.status).toBe(403);
  });

  /** What a page gets to see of a request that it sends, with the administrator's token. */
  const reads = (page: Page, path: string) =>
    page.evaluate(async (asked) => {
      const headers = { authorization: `Bearer ${access.token}` };
      const response = await fetch(access.url + asked, { headers }).catch(() => undefined);
      return response?.status ?? "nothing";
    }, path);

  /** Trades the token for a ticket, as a page. */
  const ticketOf = (page: Page) =>
    page.evaluate(async () => {
      const headers = { authorization: `Bearer ${access.token}` };
      const response = await fetch(`${access.url}/tickets`, { method: "POST", headers });
      const { ticket }: { ticket: string } = await response.json();
      return ticket;
    });

  /** Whether a socket with this ticket opens in a page. */
  const opensSocket = (page: Page, ticket: string) =>
    page.evaluate((shown) => {
      const url = `${access.url.replace("http", "ws")}/rpc`;
      const socket = new WebSocket(url, ["meerkat.v1", `ticket.${shown}`]);
      return new Promise<string>((resolve) => {
        socket.addEventListener("open", () => resolve(`open, ${socket.protocol}`));
        socket.addEventListener("close", () => resolve("closed"));
      });
    }, ticket);

  /** What an event source with this ticket hears first in a page. */
  const hears = (page: Page, ticket: string, sessionId: string) =>
    page.evaluate(
      ([shown = "", id = ""]) => {
        const source = new EventSource(`${access.url}/sessions/${id}/events?ticket=${shown}`);
        return new Promise<string>((resolve) => {
          source.addEventListener("session_loaded", () => resolve("events"));
          source.addEventListener("error", () => {
            resolve(source.readyState === EventSource.CLOSED ? "closed" : "again");
          });
        }).finally(() => source.close());
      },
      [ticket, sessionId],
    );

  it("opens a socket with a ticket once, and in the page that got it", async () => {
    const [page, stranger] = [await openPage(), await openPage(other)];
    const [ticket, stolen] = [await ticketOf(page), await ticketOf(page)];

    expect(await opensSocket(page, ticket)).toBe("open, meerkat.v1");
    expect(await opensSocket(page, ticket)).toBe("closed");
    expect(await opensSocket(stranger, stolen)).toBe("closed");
    expect(await opensSocket(stranger, await ticketOf(stranger))).toBe("open, meerkat.v1");
  });

  it("opens an event source with a ticket once, and in the page that got it", async () => {
    const [page, stranger] = [await openPage(), await openPage(other)];
    const id = await page.evaluate(async () => {
      const client = await new sdk.MeerkatClient().connect(access);
      return (await client.createDeferredSession("", { model: "demo" })).id;
    });
    const [ticket, stolen] = [await ticketOf(page), await ticketOf(page)];

    expect(await hears(page, ticket, id)).toBe("events");
    expect(await hears(page, ticket, id)).toBe("closed");
    expect(await hears(stranger, stolen, id)).toBe("closed");
  });

  it("reads replies in pages that are allowed, and nothing in others, whatever it shows", async () => {
    const [page, stranger] = [await openPage(), await openPage(foreign)];
    const ticket = await ticketOf(page);

    expect(await reads(page, "/sessions")).toBe(200);
    expect(await reads(page, "/nowhere")).toBe(404);
    for (const path of ["/sessions", "/health", `/sessions?ticket=${ticket}`]) {
      expect(await reads(stranger, path)).toBe("nothing");
    }
    expect(await opensSocket(stranger, ticket)).toBe("closed");
    // It was refused before anybody looked at the ticket.
    expect(await opensSocket(page, ticket)).toBe("open, meerkat.v1");
  });

  it("finds replies that may neither be framed nor run anything", async () => {
    const page = await openPage();

    const framed = await page.evaluate(async (url) => {
      const frame = document.body.appendChild(document.createElement("iframe"));
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      frame.src = `${url}/health`;
      await loaded;
    }, given.url);
    const [frame] = page.mainFrame().childFrames();
    const reply = await page.goto(`${given.url}/sessions/%3Cscript%3E`);

    expect(framed).toBeUndefined();
    expect(frame?.url()).toMatch(/^chrome-error:/);
    expect(reply?.headers()).toMatchObject({
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "content-type": "application/json",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
  });
});

// What the page's own script has put there.
declare const sdk: typeof Sdk;
declare const access: Access;

function typeOf(event: unknown): unknown {
  return typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
}

import { execFile } from "node:child_process";
import { join } from "node:path";
import {
  Client,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../package-root.ts";
import { freshStateRoot, rkat, type Served, startServe } from "../test-support.ts";

const inspector = join(
  packageRoot,
  "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);
const eras = ["legacy", "modern"] as const;
const demo = { model: "demo" };
const stateRoot = freshStateRoot();
const open: Client[] = [];
let server: Served;

beforeAll(async () => {
  server = await startServe(stateRoot);
});

afterAll(async () => {
  await Promise.all(open.map((client) => client.close()));
  await server.end("SIGTERM");
});

/** The ways in: straight over HTTP, and over the bridge on standard input and output. */
const ways = {
  http: () => new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)),
  stdio: () =>
    new StdioClientTransport({
      command: process.execPath,
      args: [join(packageRoot, "cli/bin/rkat-mcp.mjs"), "--state-root", stateRoot],
    }),
};

async function connected(transport: Transport, era: (typeof eras)[number]): Promise<Client> {
  const mode = era === "modern" ? { pin: "2026-07-28" } : ("legacy" as const);
  const client = new Client({ name: "test", version: "0" }, { versionNegotiation: { mode } });
  await client.connect(transport);
  open.push(client);
  return client;
}

/** What the payload of a call says; the client has checked it against the tool's output schema. */
async function payload(client: Client, name: string, args: Record<string, unknown>) {
  const { structuredContent, isError } = await client.callTool({ name, arguments: args });
  expect(isError ?? false).toBe(false);
  return structuredContent as Record<string, unknown>;
}

describe.each(
  eras.flatMap((era) => (["http", "stdio"] as const).map((way) => [era, way] as const)),
)("the official client (%s, %s)", (era, way) => {
  it("runs, resumes, follows and archives a session", async () => {
    const client = await connected(ways[way](), era);
    const { tools } = await client.listTools();
    expect(tools).toHaveLength(15);

    const told: string[] = [];
    client.setNotificationHandler("notifications/message", ({ params }) => {
      told.push((params.data as { event: { type: string } }).event.type);
    });
    const { session_id } = await payload(client, "meerkat_run", {
      prompt: "hello",
      stream: true,
      ...demo,
    });
    expect(told.at(0)).toBe("run_started");
    expect(told.at(-1)).toBe("run_completed");

    await payload(client, "meerkat_resume", { session_id, prompt: "again" });
    const { stream_id } = await payload(client, "meerkat_event_stream_open", {
      session_id,
      after: 0,
    });
    const { events } = await payload(client, "meerkat_event_stream_read", {
      stream_id,
      max_events: 500,
    });
    expect(events).toHaveLength(told.length * 2);
    for (const name of ["meerkat_read", "meerkat_history", "meerkat_interrupt"]) {
      await payload(client, name, { session_id });
    }
    for (const name of ["meerkat_sessions", "meerkat_capabilities", "meerkat_models_catalog"]) {
      await payload(client, name, {});
    }
    await payload(client, "meerkat_config", { action: "get" });
    const { resources } = await client.listResources();
    const read = await client.readResource({ uri: resources[0]?.uri ?? "" });
    expect(read.contents).toHaveLength(1);
    const prompt = await client.getPrompt({
      name: "meerkat_hand_over",
      arguments: { session_id: String(session_id) },
    });
    expect(prompt.messages).toHaveLength(2);
    await payload(client, "meerkat_archive", { session_id });
  });

  it("cancels a call, and with it the turn", async () => {
    const client = await connected(ways[way](), era);
    const cancelling = new AbortController();
    let session_id = "";
    client.setNotificationHandler("notifications/message", ({ params }) => {
      const { event, ...session } = params.data as { session_id: string; event: { type: string } };
      session_id = session.session_id;
      if (event.type === "text_delta") cancelling.abort();
    });
    const args = { prompt: "slow please", stream: true, ...demo };
    await expect(
      client.callTool({ name: "meerkat_run", arguments: args }, { signal: cancelling.signal }),
    ).rejects.toThrow(/abort/i);

    const { stream_id } = await payload(client, "meerkat_event_stream_open", {
      session_id,
      after: 0,
    });
    for (let last = ""; last !== "run_failed";) {
      const { event } = await payload(client, "meerkat_event_stream_read", {
        stream_id,
        no_timeout: true,
      });
      last = (event as { type: string }).type;
      expect(last).not.toBe("run_completed");
    }
  });
});

describe("rkat mcp", () => {
  it("answers lines that are piped into it, and leaves nothing but JSON on standard output", async () => {
    const { code, stdout } = await rkat(
      ["mcp", "--realm", "piped", "--state-root", stateRoot],
      {},
      '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}\nnonsense\n',
    );

    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 1, result: expect.anything() }),
        expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32700 }) }),
      ]),
    );
  });

  it("says why a deployment refuses it", async () => {
    const env = { RKAT_URL: "http://127.0.0.1:9", RKAT_TOKEN: "x" };
    const { stdout } = await rkat(
      ["mcp", "--realm", "r"],
      env,
      '{"jsonrpc":"2.0","id":7,"method":"ping"}\n',
    );

    expect(JSON.parse(stdout)).toMatchObject({ id: 7, error: { code: -32603 } });
  });
});

describe.each(eras)("the MCP Inspector (%s)", (era) => {
  async function inspect(...args: string[]): Promise<Record<string, unknown>> {
    const all = [inspector, "--cli", "--server-url", `${server.url}/mcp`, "--transport", "http"];
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const options = { maxBuffer: 2 ** 24 };
    const flags = ["--format", "json", "-q", "--protocol-era", era, ...args];
    execFile(process.execPath, [...all, ...flags], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${stdout}${stderr}`, { cause: error }));
      else resolve(stdout);
    });
    const { result }: { result: Record<string, unknown> } = JSON.parse(await promise);
    return result;
  }

  it("finds no fault with the tools, and runs one", async () => {
    expect((await inspect("--method", "tools/list", "--strict"))["tools"]).toHaveLength(15);
    const args = JSON.stringify({ prompt: "hi", ...demo });
    const ran = await inspect(
      "--method",
      "tools/call",
      "--tool-name",
      "meerkat_run",
      "--tool-args-json",
      args,
    );
    expect(JSON.stringify(ran)).toContain("demo provider");
    expect((await inspect("--method", "resources/list"))["resources"]).not.toHaveLength(0);
    expect((await inspect("--method", "prompts/list"))["prompts"]).toHaveLength(1);
  });
});

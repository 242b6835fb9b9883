import { type Operation, operations } from "../../sdk/contract/index.ts";
import { inner, type Json } from "../chaos/json.node.ts";
import type { Case } from "./case.node.ts";
import {
  asBearer,
  asTicket,
  type Credential,
  type Deployment,
  PATIENCE_MS,
} from "./deployment.node.ts";
import { named, nameOf, type Names } from "./ids.node.ts";
import { mcpRequest } from "./mcp-call.node.ts";
import type { Reply } from "./reply.node.ts";
import { Socket } from "./socket.node.ts";

const CALM_MS = 2_000;

/** Somebody in one realm who sends cases, told with the names of two. */
export class Sender implements Disposable {
  readonly names: Names;
  readonly #deployment: Deployment;
  #socket: Socket | undefined;
  #token: string | undefined;

  constructor(deployment: Deployment, names: Names) {
    this.#deployment = deployment;
    this.names = names;
  }

  /** Sends a case and reads all that comes of it. @throws {Violation} for a hang */
  async send(asked: Case): Promise<Reply> {
    const start = performance.now();
    const told = named({ params: asked.params, headers: asked.headers }, this.names);
    // The same members, with names in place of places.
    const { params, headers } = told as { params: Json; headers: Record<string, string> };
    const reply = await this.#on({ ...asked, params, headers });
    return { ...reply, ms: performance.now() - start };
  }

  [Symbol.dispose](): void {
    this.#socket?.close();
  }

  async #on(told: Told): Promise<Omit<Reply, "ms">> {
    if (told.surface === "socket") return this.#onSocket(told);
    const credential = await this.#credential(told);
    const base = this.#base(told);
    if (told.surface === "upgrade") return upgrade(`${base}/rpc`, credential);
    const [path, init] = httpRequest(told);
    const response = await fetch(`${base}${path}`, {
      ...init,
      headers: {
        ...told.headers,
        ...this.#realmHeader(told),
        ...(init.headers as Record<string, string>),
        ...credential.headers,
      },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      text: told.surface === "sse" && response.ok ? await calm(response) : await response.text(),
    };
  }

  async #onSocket({ method, params }: Told): Promise<Omit<Reply, "ms">> {
    this.#socket ??= await Socket.open(
      `${this.#deployment.url}/realms/${this.#own}/rpc`,
      await this.#ownTicket(),
    );
    const text = await this.#socket.text(method, params);
    const others = this.#socket.taken().filter((frame) => frame !== text);
    return { status: 0, contentType: "application/json", text, others };
  }

  async #credential({ shown, surface }: Told): Promise<Credential> {
    // No header of its own goes with a socket.
    if (shown === "own ticket" || (shown === "own" && surface === "upgrade"))
      return this.#ownTicket();
    if (shown === "own") return asBearer(await this.#ownToken());
    if (shown === "nothing") return { headers: {}, protocols: ["meerkat.v1"] };
    if (shown === "rubbish") return { ...asBearer("rubbish"), protocols: ["ticket.rubbish"] };
    const stolen = nameOf(shown, this.names);
    return shown.as === "bearer" && surface !== "upgrade" ? asBearer(stolen) : asTicket(stolen);
  }

  async #ownToken(): Promise<string> {
    this.#token ??= (await this.#deployment.tokenOf(this.#own)).token;
    return this.#token;
  }

  async #ownTicket(): Promise<Credential> {
    return asTicket(await this.#deployment.ticketOf(this.#own, await this.#ownToken()));
  }

  get #own(): string {
    return this.names.own.realm[0] ?? "";
  }

  #base({ address: { path } }: Told): string {
    const { url } = this.#deployment;
    return path ? `${url}/realms/${this.names[path].realm[0]}` : url;
  }

  #realmHeader({ address: { header } }: Told): Record<string, string> {
    return header ? { "x-meerkat-realm": this.names[header].realm[0] ?? "" } : {};
  }
}

type Told = Omit<Case, "params" | "headers"> & { params: Json; headers: Record<string, string> };

function httpRequest({ surface, method, params }: Told): [path: string, init: RequestInit] {
  if (surface === "rpc") return ["/rpc", json("POST", { jsonrpc: "2.0", id: 1, method, params })];
  if (surface === "legacy" || surface === "modern")
    return ["/mcp", mcpRequest(surface, method, params)];
  if (surface === "sse")
    return [`/sessions/${encodeURIComponent(String(params.session_id))}/events`, {}];
  return restRequest(method, params);
}

/** An operation as REST asks for it. */
export function restRequest(name: string, params: Json): [path: string, init: RequestInit] {
  const operation = (operations as Record<string, Operation>)[name];
  if (!operation) throw new Error(`no operation ${name}`);
  const [method, route] = operation.http;
  const rest = { ...params };
  const path = route.replaceAll(/:(\w+)/g, (_, key: string) => {
    const value = textOf(rest[key]) || "-";
    delete rest[key];
    return encodeURIComponent(value);
  });
  if (method !== "GET" && method !== "DELETE") return [path, json(method, rest)];
  const query = new URLSearchParams(
    Object.entries(rest).flatMap(([key, value]) => pairs(key, value)),
  );
  return [query.size > 0 ? `${path}?${query.toString()}` : path, { method }];
}

function pairs(key: string, value: unknown): [string, string][] {
  if (key !== "labels") return [[key, textOf(value)]];
  return Object.entries(inner(value)).map(([label, text]) => ["label", `${label}=${textOf(text)}`]);
}

/** A value as it can stand in a URL, whatever it is. */
function textOf(value: unknown = ""): string {
  return (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed();
}

function json(method: string, body: unknown): RequestInit {
  const headers = { "content-type": "application/json" };
  return { method, headers, body: JSON.stringify(body) };
}

async function upgrade(url: string, credential: Credential): Promise<Omit<Reply, "ms">> {
  const contentType = "";
  try {
    (await Socket.open(url, credential)).close();
    return { status: 101, contentType, text: "" };
  } catch {
    return { status: 400, contentType, text: "refused" };
  }
}

/** What a stream has to tell by now. */
export async function calm({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const reader = body?.getReader();
  const timer = setTimeout(() => void reader?.cancel(), CALM_MS);
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (value) text += decoder.decode(value, { stream: true });
    if (done || text.includes(": caught_up") || text.includes("event: done")) break;
  }
  clearTimeout(timer);
  await reader?.cancel();
  return text;
}

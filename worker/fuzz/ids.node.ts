import { randomUUID } from "node:crypto";

/** Everything of a realm that has a name which somebody else could guess or steal. */
export const kinds = [
  "realm",
  "session",
  "run",
  "input",
  "toolCall",
  "request",
  "key",
  "stream",
  "rpcStream",
  "mcpSession",
  "task",
  "ticket",
  "token",
  "tokenId",
  "label",
] as const;
export type Kind = (typeof kinds)[number];

/** What things of a realm are called; the same kinds of things at the same places in every realm. */
export type Ids = Readonly<Record<Kind, readonly string[]>>;

/** In a case, a place where an id comes in: of the sender's own realm, or of the other one. */
export interface Ref {
  $: Kind;
  whose: "own" | "foreign";
  at: number;
  /** A session may be named alone, with its realm, or as a resource; in any letters. */
  form?: "own realm" | "foreign realm" | "upper" | "resource" | "foreign resource" | "events";
}

/** Two sets of names that a case can be told with. */
export interface Names {
  own: Ids;
  foreign: Ids;
}

/** Names like those, of things that never were; `forge` makes tokens of a realm. */
export function decoysOf(ids: Ids, forge: (realm: string) => string): Ids {
  const realm = `realm-${randomUUID().slice(0, 8)}`;
  const tokens = ids.token.map(() => forge(realm));
  return {
    realm: ids.realm.map(() => realm),
    session: ids.session.map(() => randomUUID()),
    run: ids.run.map(() => randomUUID()),
    input: ids.input.map(() => randomUUID()),
    toolCall: ids.toolCall.map(() => `call_${randomUUID()}`),
    request: ids.request.map(() => `request-${randomUUID()}`),
    key: ids.key.map(() => `key-${randomUUID()}`),
    stream: ids.stream.map(() => `evt-${randomUUID()}`),
    rpcStream: ids.rpcStream.map(() => randomUUID()),
    mcpSession: ids.mcpSession.map(() => randomUUID()),
    task: ids.task.map(() => `${randomUUID()}.${randomUUID()}.2`),
    ticket: ids.ticket.map(() => `${realm}.${randomUUID()}${randomUUID()}`),
    token: tokens,
    tokenId: tokens.map((token) => token.split(".")[1] ?? ""),
    label: ids.label.map(() => `label-${randomUUID()}`),
  };
}

/** A value of a case with real ids at its places. */
export function named(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) return value.map((item) => named(item, names));
  if (typeof value !== "object" || value === null) return value;
  if ("$" in value) return nameOf(value as Ref, names);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, named(item, names)]));
}

/** What one place of a case stands for. */
export function nameOf({ $: kind, whose, at, form }: Ref, names: Names): string {
  const list = names[whose][kind];
  const id = list[at % list.length] ?? "";
  const [own = ""] = names.own.realm;
  const [foreign = ""] = names.foreign.realm;
  if (form === "own realm") return `${own}:${id}`;
  if (form === "foreign realm") return `${foreign}:${id}`;
  if (form === "upper") return id.toUpperCase();
  if (form === "resource") return `meerkat://${own}/sessions/${id}`;
  if (form === "foreign resource") return `meerkat://${foreign}/sessions/${id}`;
  if (form === "events") return `meerkat://${own}/sessions/${id}/events?after=0`;
  return id;
}

/** The same text with what differs between two sets of names taken out of it. */
export function anonymous(text: string, { own, foreign }: Names): string {
  let plain = text;
  for (const [whose, ids] of Object.entries({ own, foreign })) {
    for (const kind of kinds) {
      for (const [at, id] of ids[kind].entries()) {
        plain = plain.replaceAll(new RegExp(RegExp.escape(id), "gi"), `<${whose} ${kind} ${at}>`);
      }
    }
  }
  return plain
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, "<uuid>")
    .replaceAll(/\d{10,}/g, "<number>");
}

import { SessionNotFoundError } from "../sdk/errors.ts";

/** What a reference resolves against: a realm's directory, most recently used first. */
export interface SessionDirectory {
  page(offset: number, limit: number): Promise<readonly SessionEntry[]>;
}

/** A session as far as a reference cares. */
interface SessionEntry {
  session_id: string;
  session_ref: string;
}

const PAGE = 500;
const SHOWN_CANDIDATES = 5;
const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** Finds the session that a person means: an alias, an id, or either end of an id (contract 1.3). */
export async function resolveSession(
  reference: string,
  directory: SessionDirectory,
  realm?: string,
): Promise<string> {
  const back = stepsBack(reference);
  if (back !== undefined) return await nthRecent(back, directory);
  if (reference.includes(":")) return checkRealm(reference, realm);
  if (uuid.test(reference)) return reference;
  return await findByPart(reference.replace(/(\.{3}|…)$/, ""), directory);
}

/** `last`, `~`, `~0` and `~1` all mean the newest; `~2` the one before it. */
function stepsBack(reference: string): number | undefined {
  if (reference === "last") return 1;
  if (!reference.startsWith("~")) return undefined;
  const count = reference.slice(1);
  if (!/^\d*$/.test(count)) {
    throw new Error(`Invalid relative offset '${reference}': expected ~N where N is a number`);
  }
  return Math.max(1, Number(count));
}

async function nthRecent(back: number, directory: SessionDirectory): Promise<string> {
  const [session] = await directory.page(back - 1, 1);
  if (session) return session.session_id;
  let existing = 0;
  for await (const _ of everySession(directory)) existing += 1;
  if (existing === 0) throw new Error("No sessions found in this realm");
  const count = existing === 1 ? "1 session exists" : `${existing} sessions exist`;
  throw new Error(`Only ${count}; ~${back} is out of range`);
}

function checkRealm(locator: string, realm: string | undefined): string {
  const [named = ""] = locator.split(":");
  if (realm !== undefined && uuid.test(locator.slice(named.length + 1)) && named !== realm) {
    throw new Error(
      `Session '${locator}' belongs to realm '${named}', but the active realm is '${realm}'; use --realm ${named}`,
    );
  }
  return locator;
}

async function findByPart(part: string, directory: SessionDirectory): Promise<string> {
  const matches: string[] = [];
  for await (const { session_id: id } of everySession(directory)) {
    if (id.startsWith(part) || id.endsWith(part)) matches.push(id);
  }
  const [match] = matches;
  if (match === undefined || part === "") {
    throw new SessionNotFoundError("SESSION_NOT_FOUND", `No session matching '${part}'`);
  }
  if (matches.length === 1) return match;
  const shown = matches.slice(0, SHOWN_CANDIDATES).map((id) => `\n  ${id}`);
  const rest = matches.length > shown.length ? "\n  …" : "";
  throw new Error(
    `Ambiguous prefix '${part}': matches ${matches.length} sessions. Use a longer prefix.${shown.join("")}${rest}`,
  );
}

async function* everySession(directory: SessionDirectory): AsyncGenerator<SessionEntry> {
  for (let offset = 0; ; offset += PAGE) {
    const page = await directory.page(offset, PAGE);
    yield* page;
    if (page.length < PAGE) return;
  }
}

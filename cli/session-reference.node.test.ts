import { describe, expect, it } from "vitest";
import { resolveSession, type SessionDirectory } from "./session-reference.ts";

const ids = [
  "01936f8a-7b2c-7000-8000-0000000000aa",
  "01936f8a-7b2c-7000-8000-0000000000bb",
  "019c8b99-0000-7000-8000-0000000000cc",
];

function directory(known: readonly string[]): SessionDirectory {
  return {
    page: async (offset, limit) =>
      known
        .slice(offset, offset + limit)
        .map((id) => ({ session_id: id, session_ref: `team:${id}` })),
  };
}

const resolve = (reference: string, known: readonly string[] = ids) =>
  resolveSession(reference, directory(known), "team");

describe("a session reference", () => {
  it.each([
    ["last", ids[0]],
    ["~", ids[0]],
    ["~0", ids[0]],
    ["~1", ids[0]],
    ["~2", ids[1]],
    ["~3", ids[2]],
    ["019c8b99", ids[2]],
    ["019c8b99-...", ids[2]],
    ["00bb", ids[1]],
    [ids[1], ids[1]],
    [`team:${ids[2]}`, `team:${ids[2]}`],
  ])("%s means one session", async (reference, expected) => {
    expect(await resolve(reference ?? "")).toBe(expected);
  });

  it("takes an id that the directory does not list, for the server to judge", async () => {
    expect(await resolve("0198ffff-0000-7000-8000-000000000000", [])).toMatch(/^0198ffff/);
  });

  it.each([
    ["~x", ids, "Invalid relative offset '~x': expected ~N where N is a number"],
    ["last", [], "No sessions found in this realm"],
    ["~9", ids, "Only 3 sessions exist; ~9 is out of range"],
    ["zzz", ids, "No session matching 'zzz'"],
    ["", ids, "No session matching ''"],
    ["01936F8A", ids, "No session matching '01936F8A'"],
    [`other:${ids[0]}`, ids, "active realm is 'team'; use --realm other"],
  ])("%s is refused in words", async (reference, known, message) => {
    await expect(resolve(reference, known)).rejects.toThrow(message);
  });

  it("names at most five of several candidates", async () => {
    const many = Array.from({ length: 7 }, (_, n) => `01936f8a-7b2c-7000-8000-00000000000${n}`);

    const failure = await resolve("01936f8a", many).catch((error: unknown) => String(error));

    expect(failure).toContain(
      "Ambiguous prefix '01936f8a': matches 7 sessions. Use a longer prefix.",
    );
    expect(many.filter((id) => failure.includes(id))).toEqual(many.slice(0, 5));
  });

  it("looks beyond the first page", async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => `${String(n).padStart(8, "0")}-x`);

    expect(await resolve("00001199", many)).toBe("00001199-x");
    await expect(resolve("~1300", many)).rejects.toThrow("Only 1200 sessions exist");
  });
});

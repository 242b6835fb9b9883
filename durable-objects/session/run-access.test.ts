import { describe, expect, it } from "vitest";
import { AppError } from "../../sdk/contract/index.ts";
import type { RealmKeys } from "../providers/realm-keys.ts";
import { RealmUnreachable, RunAccess } from "./run-access.ts";

function access(apiKey: string): { env: object; keys: RealmKeys } {
  return { env: {}, keys: { openai: { apiKey, source: "realm" } } };
}

describe("RunAccess", () => {
  it("keeps what a run began with, and asks for a run that it does not know", async () => {
    const held = new RunAccess(async () => ({ config: {}, access: access("asked") }));
    held.hold("one", access("held"));

    expect(await held.of("one")).toEqual(access("held"));
    expect(await held.of("two")).toEqual(access("asked"));
    held.hold("three", access("held"));
    held.release();
    expect(await held.of("three")).toEqual(access("asked"));
  });

  it("asks once more when the realm went down with the session", async () => {
    let asked = 0;
    const held = new RunAccess(async () => {
      asked += 1;
      if (asked === 1) throw new Error("the object was reset");
      return { config: {}, access: access("asked") };
    });

    expect(await held.of("one")).toEqual(access("asked"));
  });

  it("tells a realm that does not answer from one that refuses", async () => {
    const lost = new RunAccess(() => Promise.reject(new Error("overloaded")));
    const refusing = new RunAccess(() => Promise.reject(new AppError("CONFLICT", "going")));

    await expect(lost.of("one")).rejects.toBeInstanceOf(RealmUnreachable);
    await expect(refusing.of("one")).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

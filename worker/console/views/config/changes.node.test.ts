import { assert, constantFrom, dictionary, letrec, oneof, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { mergePatch } from "../../../../durable-objects/realm/merge-patch.ts";
import { changesBetween, isSame, patchBetween, patched } from "./changes.ts";
import type { Document } from "./json-text.ts";

// Few keys and values, so that two documents have much in common.
const leaf = constantFrom<unknown>(1, 2, "text", false, [1], [{ a: 1 }], []);
const { document } = letrec<{ document: Document; value: unknown }>((tie) => ({
  document: dictionary(constantFrom("a", "b", "c", "d"), tie("value")),
  value: oneof({ maxDepth: 3 }, leaf, tie("document")),
}));

describe("patchBetween", () => {
  it("is what the deployment needs to make one document the other, and nothing where they are alike", () => {
    assert(
      property(document, document, (from, to) => {
        const patch = patchBetween(from, to);
        expect(mergePatch(from, patch)).toEqual(to);
        expect(patched(from, patch)).toEqual(to);
        expect(Object.keys(patch).length === 0).toBe(isSame(from, to));
        expect(changesBetween(from, to).length === 0).toBe(isSame(from, to));
      }),
    );
  });

  it("takes null for a key that is not there, as the deployment does", () => {
    expect(patchBetween({ a: 1, b: 2 }, { a: null, b: 2, c: null })).toEqual({ a: null });
  });

  it("leaves marks of secrets alone that nobody touched", () => {
    const from = { api_keys: { openai: "[redacted]", gemini: "[redacted]" }, max: 1 };
    const to = { api_keys: { openai: "[redacted]", gemini: "new" }, max: 1 };
    expect(patchBetween(from, to)).toEqual({ api_keys: { gemini: "new" } });
  });
});

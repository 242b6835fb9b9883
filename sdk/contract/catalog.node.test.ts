import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { catalogData, catalogPath } from "./catalog-build.node.ts";
import { catalog, pricesAsOf } from "./catalog.ts";

/** Contract 9.5, all three of its columns. */
const contract =
  `claude-opus-4-6 claude-sonnet-4-5 claude-opus-4-5 claude-haiku-4-5 gpt-5.2 gpt-5.2-pro
  gemini-3-pro-preview gemini-3-flash-preview claude-sonnet-4-6 gpt-5.4 gpt-5.3-codex
  gemini-3.1-pro-preview gemini-3.1-flash-lite-preview claude-opus-5 claude-fable-5 claude-opus-4-8
  claude-opus-4-7 claude-haiku-4-5-20251001 gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-5.6 gpt-5.5
  gpt-5.5-pro gpt-5.4-mini gpt-realtime-2 gemini-3.5-flash`.split(/\s+/);

describe("the catalog", () => {
  it("is what `npm run catalog` makes of its sources", () => {
    const made: unknown = JSON.parse(catalogData(pricesAsOf));
    expect(JSON.parse(readFileSync(catalogPath, "utf8"))).toEqual(made);
  });

  it("has every model of the contract, with sizes and a price", () => {
    const known = [...catalog.values()].flat();
    expect(known.map(({ id }) => id)).toEqual(expect.arrayContaining(contract));
    expect(known.filter(({ price }) => price === "unknown")).toEqual([]);
    expect(known.filter((model) => !model.contextWindow || !model.maxOutputTokens)).toEqual([]);
  });

  it("stays out of the SDK for browsers, as zod does (design B-4)", async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [new URL("../index.ts", import.meta.url).pathname],
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      write: false,
      metafile: true,
    });
    const inputs = Object.keys(metafile.inputs);

    expect(inputs.filter((path) => /zod|catalog/.test(path))).toEqual([]);
    expect(gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length).toBeLessThanOrEqual(
      12 * 1024,
    );
  });
});

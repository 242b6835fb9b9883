import { addUsage } from "../../sdk/contract/index.ts";
import type { ModelEnd } from "../providers/provider.ts";
import type { RunProgress } from "./state.ts";

/** What an answer says. */
export function textOf({ blocks }: Pick<ModelEnd, "blocks">): string {
  return blocks.map((block) => (block.block_type === "text" ? block.data.text : "")).join("");
}

/** What a run has used up after one more model call. */
export function addStep(before: RunProgress, { usage }: ModelEnd): RunProgress {
  const lastCall = { input: usage.input_tokens, output: usage.output_tokens };
  return { ...before, turns: before.turns + 1, usage: addUsage(before.usage, usage), lastCall };
}

import { isRecord } from "../../sdk/json.ts";
import type { Asked } from "./client-call.ts";

/** A request as the deployment understands it: newer SDKs inject a content block where older ones send text. */
export function fromOfficialSdks(asked: Asked): Asked {
  const { method, params } = asked;
  if (method !== "session/inject_context" || !isRecord(params) || "text" in params) return asked;
  const { content, ...rest } = params;
  const blocks = Array.isArray(content) ? content : [content];
  return { method, params: { ...rest, text: blocks.map(textOf).join("\n") } };
}

function textOf(block: unknown): string {
  if (isRecord(block) && typeof block.text === "string") return block.text;
  return typeof block === "string" ? block : "";
}

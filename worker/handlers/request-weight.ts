import type { Content } from "../../sdk/contract/index.ts";

/** About how many characters a request holds: decides how it crosses to the object. */
export function weight(request: {
  prompt?: Content | undefined;
  system_prompt?: string | null | undefined;
}): number {
  const { prompt = "", system_prompt } = request;
  const system = system_prompt?.length ?? 0;
  if (typeof prompt === "string") return system + prompt.length;
  return prompt.reduce(
    (sum, block) => sum + (block.type === "text" ? block.text.length : block.data.length),
    system,
  );
}

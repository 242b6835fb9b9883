import type { ClientTool } from "../../sdk/contract/index.ts";
import type { ToolDefinition } from "../tools/tool-definition.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import type { RunSettings } from "./state.ts";

/** Keeps tools that a client runs, by who brought them, so that a crash does not forget them. */
export function storeTools(
  storage: IntakeStorage,
  whose: "session" | "turn",
  tools: readonly ClientTool[] | null | undefined,
): void {
  if (tools && tools.length > 0) storage.setDocument(`${whose}_tools`, JSON.stringify(tools));
}

/** A run's client tools: the session's win over those of the same name that the turn brought (contract 3.7). */
export function loadTools(storage: IntakeStorage, { hasTurnTools }: RunSettings): ToolDefinition[] {
  const names = hasTurnTools ? ["turn_tools", "session_tools"] : ["session_tools"];
  const tools = new Map<string, ToolDefinition>();
  for (const name of names) {
    const stored: ClientTool[] = JSON.parse(storage.document(name) || "[]");
    for (const { input_schema: inputSchema, ...tool } of stored) {
      tools.set(tool.name, { ...tool, inputSchema });
    }
  }
  return [...tools.values()];
}

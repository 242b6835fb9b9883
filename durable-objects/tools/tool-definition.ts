/** A tool as the model sees it. */
export interface ToolDefinition {
  name: string;
  description: string;
  /** JSON Schema of the arguments, an object. */
  inputSchema: Readonly<Record<string, unknown>>;
}

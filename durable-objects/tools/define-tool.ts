import { Content, type ContentBlock } from "../../sdk/contract/messages.ts";
import { ClientTool } from "../../sdk/contract/run.ts";
import { type Tool, type ToolContext, toolError, ToolError, type ToolOutcome } from "./tool.ts";
import { type ArgsOf, inputCheck, type ToolInput } from "./tool-input.ts";

/** What a result may take: as much as a client's tool can bring. */
const MAX_RESULT_CHARS = 32 * 1024 * 1024;

/** What a tool may answer: text, blocks (images too), or an object, which the model reads as JSON. */
export type ToolOutput = string | ContentBlock[] | { [member: string]: unknown };

/** A tool as its author writes it. */
export interface ToolSpec<Input extends ToolInput> {
  /** 1 to 64 letters, digits, `_` or `-`. */
  name: string;
  /** What the model chooses it by. */
  description: string;
  /** What the arguments must look like. Others are told to the model, not run. */
  input: Input;
  /** Whether a call that a crash cut off may be run again; `false` unless said: the model then hears that its effects are unknown. */
  idempotent?: boolean;
  /** Runs one call. A `ToolError` is told to the model as it is; of any other the model hears only that the tool failed. */
  execute(args: ArgsOf<Input>, context: ToolContext): ToolOutput | Promise<ToolOutput>;
}

/** Makes a tool that turns may call, where they run. @throws {Error} for a name or schema that will not do */
export function defineTool<Input extends ToolInput>(spec: ToolSpec<Input>): Tool {
  const { name, description, idempotent = false } = spec;
  const isNamed = ClientTool.shape.name.safeParse(name);
  if (!isNamed.success) throw new Error(`tool '${name}': ${isNamed.error.issues[0]?.message}`);
  const { jsonSchema, check } = inputCheck(spec.input, name);
  return {
    definition: { name, description, inputSchema: jsonSchema },
    idempotent,
    async run(args, context) {
      const checked = await check(args);
      if ("problems" in checked) return toolError(`Invalid arguments: ${checked.problems}`);
      try {
        // Just checked by the schema that the type comes from.
        return outcome(await spec.execute(checked.args as ArgsOf<Input>, context));
      } catch (cause) {
        if (cause instanceof ToolError) return toolError(cause.message);
        throw cause;
      }
    },
  };
}

function outcome(answer: ToolOutput): ToolOutcome {
  const content = toContent(answer);
  const { length } = typeof content === "string" ? content : JSON.stringify(content);
  if (length <= MAX_RESULT_CHARS) return { content, isError: false };
  return toolError(`The result has ${length} characters: ${MAX_RESULT_CHARS} at most are taken`);
}

function toContent(answer: unknown): Content {
  if (typeof answer === "string") return answer;
  if (Array.isArray(answer)) return Content.parse(answer);
  if (typeof answer === "object" && answer !== null) return JSON.stringify(answer);
  throw new TypeError(
    `a tool answers with text, content blocks or an object, not ${typeof answer}`,
  );
}

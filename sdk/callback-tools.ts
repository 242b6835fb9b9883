import type { ContentBlock } from "./contract/messages.ts";

/** Does the work of a tool. What it throws becomes an error that the model reads. */
export type ToolHandler = (
  args: Record<string, unknown>,
) => Promise<string | ContentBlock[]> | string | ContentBlock[];

/** A tool as the deployment is told of it. */
export interface ToolDeclaration {
  name: string;
  description: string;
  /** JSON Schema of the arguments, an object. */
  input_schema: Record<string, unknown>;
}

export interface ToolAnswer {
  content: string | ContentBlock[];
  is_error: boolean;
}

interface Call {
  offeredBy: object;
  answer: Promise<ToolAnswer>;
  isAnswered: boolean;
}

/** How many calls are remembered, should the deployment offer them again. */
const MOST_CALLS = 256;

/** The tools that run in this process while the model waits (contract 3.7). */
export class CallbackTools {
  readonly #tools = new Map<string, { declaration: ToolDeclaration; handler: ToolHandler }>();
  readonly #calls = new Map<string, Call>();
  #revision = 0;

  /** Another number after each declaration. */
  get revision(): number {
    return this.#revision;
  }

  get isEmpty(): boolean {
    return this.#tools.size === 0;
  }

  get declarations(): ToolDeclaration[] {
    return [...this.#tools.values()].map(({ declaration }) => declaration);
  }

  declare(declaration: ToolDeclaration, handler: ToolHandler): void {
    this.#tools.set(declaration.name, { declaration, handler });
    this.#revision += 1;
  }

  /**
   * Answers `tool/execute`. What a lost connection offered is offered again, as its answer may be
   * lost too: the handler does not run twice for it.
   */
  execute(params: Record<string, unknown>, offeredBy: object): Promise<ToolAnswer> {
    const { session_id, tool_use_id, name } = params;
    // Some models number their calls per session: the arguments tell such calls apart.
    const key = JSON.stringify([session_id, tool_use_id, name, params.arguments]);
    const earlier = this.#calls.get(key);
    const isSame = earlier && (earlier.offeredBy !== offeredBy || !earlier.isAnswered);
    const call = isSame ? earlier : this.#start(params, offeredBy);
    call.offeredBy = offeredBy;
    this.#calls.set(key, call);
    const [oldest] = this.#calls.keys();
    if (oldest !== undefined && this.#calls.size > MOST_CALLS) this.#calls.delete(oldest);
    return call.answer;
  }

  #start(params: Record<string, unknown>, offeredBy: object): Call {
    const call: Call = { offeredBy, answer: this.#run(params), isAnswered: false };
    void call.answer.then(() => (call.isAnswered = true));
    return call;
  }

  /** Never rejects: a failure is an answer too. */
  async #run({ name, arguments: args }: Record<string, unknown>): Promise<ToolAnswer> {
    const tool = this.#tools.get(String(name));
    try {
      if (!tool) throw new Error(`No tool is named "${String(name)}"`);
      // The deployment checks arguments against the declared schema, an object.
      const content = await tool.handler((args ?? {}) as Record<string, unknown>);
      return { content, is_error: false };
    } catch (error) {
      return { content: error instanceof Error ? error.message : String(error), is_error: true };
    }
  }
}

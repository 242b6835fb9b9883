import type { AgentEvent } from "../sdk/index.ts";
import { folded, narrate, type ToolCallEnd, warn } from "./narration.ts";
import type { Screen } from "./screen.ts";
import { linePrefix, PRIMARY_SCOPE, shows, type StreamView } from "./stream-view.ts";

/** How much of a turn is shown while it runs. */
export interface RenderOptions {
  streaming: boolean;
  verbose: boolean;
  view: StreamView;
}

/** Shows one turn's events to a person as they come: the answer to one stream, the rest to the other. */
export class TurnRenderer {
  readonly #screen: Screen;
  readonly #options: RenderOptions;
  readonly #scopes = new Set<string>();
  readonly #args = new Map<string, unknown>();
  #thinking = false;

  constructor(screen: Screen, options: RenderOptions) {
    this.#screen = screen;
    this.#options = options;
  }

  /** Shows an event. A session without a team under it speaks in the primary scope only. */
  show(event: AgentEvent, scope = PRIMARY_SCOPE): void {
    this.#scopes.add(scope);
    const { streaming, verbose, view } = this.#options;
    if (streaming && !shows(view, scope)) return;
    const prefix = linePrefix(view, scope);
    if (streaming) this.#stream(event, prefix);
    if (event.type === "step_restarted") this.#screen.endLine();
    const note = streaming || verbose ? this.#note(event) : warn(event);
    if (note !== undefined) this.#screen.note(prefix + note);
    this.#wait(event);
  }

  /** @throws Error when the user wanted to see a scope that the run did not have. */
  finish(): void {
    this.#screen.stopWaiting();
    if (this.#options.streaming) this.#screen.endLine();
    const { view } = this.#options;
    if (view.kind !== "focus" || this.#scopes.has(view.scope)) return;
    const seen = [...this.#scopes].join(", ") || "<none>";
    throw new Error(`stream focus '${view.scope}' never appeared; scopes of this run: ${seen}`);
  }

  #stream(event: AgentEvent, prefix: string): void {
    if (event.type === "reasoning_delta") {
      this.#screen.aside(this.#thinking ? event.delta : prefix + event.delta);
      this.#thinking = true;
      return;
    }
    if (this.#thinking) this.#screen.aside("\n");
    this.#thinking = false;
    if (event.type === "text_delta") this.#screen.answer(event.delta, prefix);
    if (event.type === "turn_started" && event.turnNumber > 0) {
      this.#screen.endLine();
      this.#screen.note(`${prefix}── model call ${event.turnNumber + 1} ──`);
    }
  }

  /** A person at a terminal gets a line for each tool call, unless all of it is asked for. */
  #note(event: AgentEvent): string | undefined {
    const width = this.#screen.noteWidth;
    if (width === undefined || this.#options.verbose) return narrate(event);
    if (event.type === "tool_call_requested") {
      this.#args.set(event.id, event.args);
      return undefined;
    }
    return isToolCallEnd(event) ? folded(event, this.#args.get(event.id), width) : narrate(event);
  }

  #wait(event: AgentEvent): void {
    if (event.type === "turn_started") this.#screen.wait("Thinking");
    if (event.type === "tool_execution_started") this.#screen.wait(`Running ${event.name}`);
    if (event.type === "interaction_callback_pending") {
      this.#screen.wait(`Waiting for a client to run ${event.toolName}`);
    }
  }
}

function isToolCallEnd(event: AgentEvent): event is ToolCallEnd {
  return event.type === "tool_execution_completed" || event.type === "tool_execution_timed_out";
}

import { useState } from "preact/hooks";
import { useAccess } from "../../../app/access.ts";
import { duration } from "../../../parts/figures.ts";
import { LongText } from "../../../parts/long-text.tsx";
import { Content } from "./content.tsx";
import type { CallFacts } from "./turn-facts.ts";
import type { Message } from "./transcript.ts";

type Result = Extract<Message, { role: "tool_results" }>["results"][number];

interface ToolCardProps {
  name: string;
  args: unknown;
  result: Pick<Result, "content" | "isError"> | undefined;
  facts: CallFacts | undefined;
}

/** One call of a tool: what it was given, what it answered, and how long that took. */
export function ToolCard({ name, args, result, facts }: ToolCardProps) {
  const [isOpen, setOpen] = useState(false);
  const isLeftOut = useAccess().self.watching?.redactTools === true;
  const state = stateOf(result, facts);
  return (
    <details
      class={`tool ${state.tone}`}
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span class="tool-name">{name}</span>
        <span class="tool-args">{isLeftOut ? "" : oneLine(args)}</span>
        <span class="tool-state">
          {state.text}
          {facts?.durationMs !== undefined && ` · ${duration(facts.durationMs)}`}
        </span>
      </summary>
      {isOpen && isLeftOut && (
        <p class="tool-body soft">This link leaves out what tools were given and answered.</p>
      )}
      {isOpen && !isLeftOut && (
        <div class="tool-body">
          <h2>Arguments</h2>
          <LongText kind="plain" text={written(args)} />
          {result && (
            <>
              <h2>{result.isError ? "Error" : "Result"}</h2>
              <Content content={result.content} kind="plain" />
            </>
          )}
        </div>
      )}
    </details>
  );
}

function stateOf(result: ToolCardProps["result"], facts: CallFacts | undefined) {
  if (result?.isError || facts?.state === "failed") return { text: "failed", tone: "bad" };
  if (facts?.state === "timed out") return { text: "timed out", tone: "bad" };
  if (result || facts?.state === "done") return { text: "done", tone: "good" };
  if (facts?.state === "waiting") return { text: "waits for a client", tone: "warn" };
  return { text: facts?.state ?? "called", tone: "busy" };
}

function oneLine(args: unknown): string {
  const text = JSON.stringify(args) ?? "";
  return text === "{}" ? "" : text.slice(0, 200);
}

function written(args: unknown): string {
  return JSON.stringify(args, null, 2) ?? "";
}

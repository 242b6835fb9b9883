import { LongText } from "../../../parts/long-text.tsx";
import type { LiveSession } from "./live-session.ts";
import { Lines } from "./lines.tsx";
import { Piece } from "./piece.tsx";
import { indexOfTurn, liveSteps } from "./rows.ts";
import { ToolCard } from "./tool-card.tsx";
import type { LiveStep, TurnFacts } from "./turn-facts.ts";
import { Unfinished } from "./unfinished.tsx";

/** The turn that goes on, as far as the transcript does not have it. */
export function LiveRow({ session, turn }: { session: LiveSession; turn: TurnFacts }) {
  // Read, so that this is drawn again with every change.
  void session.version.value;
  const steps = liveSteps(session);
  const isTold = indexOfTurn(session, turn.runId) !== undefined;
  return (
    <>
      {!isTold && (
        <article class="said" aria-label="Prompt">
          <LongText text={turn.prompt} kind="plain" />
        </article>
      )}
      {steps.map((step) => (
        <Step key={step.step} session={session} turn={turn} step={step} />
      ))}
      {turn.end === "cancelled" && !session.hasTranscript && <Unfinished step={undefined} />}
      {!turn.end && (
        <p class="working">
          <span class="pulse" aria-hidden="true" />
          {stateOf(session, steps.at(-1))}
        </p>
      )}
    </>
  );
}

interface StepProps {
  session: LiveSession;
  turn: TurnFacts;
  step: LiveStep;
}

function Step({ session, turn, step }: StepProps) {
  return (
    <>
      <Lines lines={turn.lines.filter((line) => line.step === step.step)} />
      <article class="answer" aria-label="Answer">
        {step.pieces.map((piece, index) => (
          <Piece key={index} piece={piece} />
        ))}
        {step.calls.map(({ id, name, args, result }) => (
          <ToolCard
            key={id}
            name={name}
            args={args}
            result={result}
            facts={session.log.calls.get(id)}
          />
        ))}
      </article>
    </>
  );
}

function stateOf({ log }: LiveSession, step: LiveStep | undefined): string {
  const open = step?.calls.filter(({ id, result }) => !result && log.calls.has(id)) ?? [];
  const [first] = open;
  if (first && log.calls.get(first.id)?.state === "waiting") return "Waits for a client’s tool";
  if (first) return `Running ${first.name}`;
  const last = step?.pieces.at(-1);
  if (!last) return "Waiting for the model";
  return last.kind === "thinking" ? "Thinking" : "Answering";
}

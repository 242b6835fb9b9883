import { useEffect, useState } from "preact/hooks";
import { may, useAccess } from "../../../app/access.ts";
import { copyText } from "../../../parts/copy-button.tsx";
import { count, dollars, duration } from "../../../parts/figures.ts";
import { forkAt } from "./fork.ts";
import type { LiveSession } from "./live-session.ts";
import { costOf, prices } from "./price.ts";
import type { TurnFacts } from "./turn-facts.ts";

interface TurnEndProps {
  session: LiveSession;
  turn: TurnFacts;
  /** How many messages there are up to this turn's end. */
  at: number;
}

/** How a turn ended, what it used and cost, and what can be done from here. */
export function TurnEnd({ session, turn, at }: TurnEndProps) {
  const { client } = useAccess();
  const link = `#/sessions/${session.id}@${turn.seq}`;
  return (
    <footer class="turn-end">
      {turn.end === "failed" && <span class="bad">Failed: {turn.problem}</span>}
      <span class="number">
        {turn.endedMs !== undefined && duration(turn.endedMs - turn.startedMs)}
        <Spent session={session} turn={turn} />
      </span>
      <a
        href={link}
        title="Link to this turn"
        onClick={() => void copyText(`${location.origin}/console/${link}`, "Link")}
      >
        #{turn.seq}
      </a>
      {may.value.run && (
        <button class="quiet small" onClick={() => void forkAt(client, session.id, at)}>
          Fork from here
        </button>
      )}
    </footer>
  );
}

function Spent({ session, turn }: Pick<TurnEndProps, "session" | "turn">) {
  const { client } = useAccess();
  const { usage, model = session.info.value?.model } = turn;
  const [usd, setUsd] = useState<number>();
  useEffect(() => {
    if (!usage || !model) return;
    const tell = async () => {
      const rates = (await prices(client)).get(model);
      setUsd(rates && costOf(usage, rates));
    };
    void tell();
  }, [usage, model]);
  if (!usage) return null;
  return (
    <>
      {` · ${count(usage.inputTokens)} in · ${count(usage.outputTokens)} out`}
      {usd !== undefined && ` · ${dollars(usd)}`}
    </>
  );
}

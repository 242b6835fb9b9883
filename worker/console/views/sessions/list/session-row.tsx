import type { SessionSummary } from "meerkat-edge";
import { ago, count, moment } from "../../../parts/figures.ts";
import { StateBadge } from "../../../parts/state-badge.tsx";
import { TITLE_LABEL, titleOf } from "../title.ts";

/** One session of the list. */
export function SessionRow({ session }: { session: SessionSummary }) {
  const labels = Object.entries(session.labels ?? {}).filter(([key]) => key !== TITLE_LABEL);
  const updated = Number(session.updatedAt) * 1_000;
  return (
    <li>
      <a href={`#/sessions/${session.sessionId}`}>
        <span class="row-name">
          <span class="row-title" dir="auto">
            {titleOf(session)}
          </span>
          {labels.map(([key, value]) => (
            <span key={key} class="badge">
              {key}={value}
            </span>
          ))}
        </span>
        <span class="row-state">
          <StateBadge state={session.state} />
        </span>
        <span class="row-model">{session.model}</span>
        <span class="row-count number">{count(session.messageCount)} messages</span>
        <span class="row-tokens number">{count(session.totalTokens)} tokens</span>
        <time class="row-time" title={moment(updated)} dateTime={new Date(updated).toISOString()}>
          {ago(updated)}
        </time>
      </a>
    </li>
  );
}

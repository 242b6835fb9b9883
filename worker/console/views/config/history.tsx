import { useSignal } from "@preact/signals";
import type { ConfigHistory } from "meerkat-edge";
import { may, useAccess } from "../../app/access.ts";
import { useLoading } from "../../app/loading.ts";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ago, moment } from "../../parts/figures.ts";
import { Stale } from "../../parts/stale.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import type { Draft } from "./draft.ts";
import { RestoreDialog } from "./restore-dialog.tsx";

type Change = ConfigHistory["history"][number];

const SHOWN_KEYS = 6;
const deeds: Readonly<Record<Change["action"], string>> = {
  set: "replaced it",
  patch: "changed",
  restore: "restored generation",
};

/** Who changed the config, when and which keys. */
export function History({ draft }: { draft: Draft }) {
  const { client } = useAccess();
  const loading = useLoading((signal) => client.configHistory({ signal }), [client]);
  const isRestoring = useSignal(false);
  const chosen = useSignal(0);
  if (!loading.value) return <Waiting what="the history" of={loading} />;
  const { history, generation: present } = loading.value;
  if (history.length === 0) {
    return (
      <EmptyState title="The config was never written">
        <p>Each change will be listed here: who made it, when, and which keys it touched.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <Stale of={loading} />
      <ol class="generations">
        {history.map((change) => (
          <Generation
            key={change.generation}
            change={change}
            present={present}
            onRestore={() => {
              chosen.value = change.generation;
              isRestoring.value = true;
            }}
          />
        ))}
      </ol>
      {history.length === 50 && <p class="faint">The last 50 changes are kept.</p>}
      <RestoreDialog
        generation={chosen.value}
        draft={draft}
        isOpen={isRestoring}
        onRestored={loading.reload}
      />
    </>
  );
}

interface GenerationProps {
  change: Change;
  present: number;
  onRestore: () => void;
}

function Generation({ change, present, onRestore }: GenerationProps) {
  const { generation, createdAt, actor, action, restoredGeneration, changedKeys, changedCount } =
    change;
  const shown = changedKeys.slice(0, SHOWN_KEYS);
  const isPresent = generation === present;
  return (
    <li>
      <b class="number">{generation}</b>
      <div>
        <p>
          <code>{actor}</code> {deeds[action]} {restoredGeneration}{" "}
          <time class="faint" title={moment(createdAt * 1_000)}>
            {ago(createdAt * 1_000)}
          </time>{" "}
          {isPresent && <span class="badge good">in force</span>}
        </p>
        <p class="keys-changed">
          {shown.map((key) => (
            <code key={key}>{key}</code>
          ))}
          {changedCount > shown.length && (
            <span class="faint">and {changedCount - shown.length} more</span>
          )}
          {changedCount === 0 && <span class="faint">nothing was different</span>}
        </p>
      </div>
      <div class="actions">
        <a
          class="button"
          href={`#/config/history/${generation - 1}..${generation}`}
          aria-label={`Changes of generation ${generation}`}
        >
          Changes
        </a>
        {may.value.administer && !isPresent && (
          <button aria-label={`Restore generation ${generation}`} onClick={onRestore}>
            Restore
          </button>
        )}
      </div>
    </li>
  );
}

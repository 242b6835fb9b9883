import { useSignal } from "@preact/signals";
import { may, useAccess } from "../../app/access.ts";
import { useLoading } from "../../app/loading.ts";
import { goTo } from "../../app/router.ts";
import { moment } from "../../parts/figures.ts";
import { Waiting } from "../../parts/waiting.tsx";
import { DiffView } from "./diff-view.tsx";
import type { Draft } from "./draft.ts";
import { documentOf } from "./generation-documents.ts";
import { RestoreDialog } from "./restore-dialog.tsx";

interface ComparisonProps {
  from: number;
  to: number;
  draft: Draft;
}

/** The difference of any two generations that are kept. */
export function Comparison({ from, to, draft }: ComparisonProps) {
  const { client } = useAccess();
  const isRestoring = useSignal(false);
  const loading = useLoading((signal) => client.configHistory({ signal }), [client]);
  const documents = useLoading(
    (signal) => Promise.all([from, to].map((one) => documentOf(client, one, signal))),
    [client, from, to],
  );
  if (!loading.value) return <Waiting what="the history" of={loading} />;
  const { history, generation: present } = loading.value;
  const choices = history.map(({ generation, createdAt, actor }) => ({
    generation,
    name: `${generation} · ${actor} · ${moment(createdAt * 1_000)}`,
  }));
  // Before its first write the config was empty.
  if (choices.at(-1)?.generation === 1) choices.push({ generation: 0, name: "0 · empty" });
  const isKept = choices.some(({ generation }) => generation === from);
  return (
    <section class="comparison" aria-label="Comparison">
      <div class="compared">
        <Choice label="From" value={from} choices={choices} onChoose={(one) => show(one, to)} />
        <Choice label="To" value={to} choices={choices} onChoose={(one) => show(from, one)} />
        <button onClick={() => show(to, from)}>Swap</button>
        {may.value.administer && from !== present && from > 0 && isKept && (
          <button onClick={() => (isRestoring.value = true)}>Restore {from}</button>
        )}
      </div>
      {documents.value && documents.problem === undefined ? (
        <DiffView
          label={`From generation ${from} to ${to}`}
          from={documents.value[0]}
          to={documents.value[1]}
        />
      ) : (
        <Waiting what="both generations" of={documents} />
      )}
      <RestoreDialog
        generation={from}
        draft={draft}
        isOpen={isRestoring}
        onRestored={() => goTo("config/history")}
      />
    </section>
  );
}

interface ChoiceProps {
  label: string;
  value: number;
  choices: readonly { generation: number; name: string }[];
  onChoose: (generation: number) => void;
}

function Choice({ label, value, choices, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {choices.every(({ generation }) => generation !== value) && (
          <option value={value}>{value} · not kept</option>
        )}
        {choices.map(({ generation, name }) => (
          <option key={generation} value={generation}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function show(from: number, to: number): void {
  goTo(`config/history/${from}..${to}`);
}

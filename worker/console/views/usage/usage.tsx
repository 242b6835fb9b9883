import { useSignal } from "@preact/signals";
import type { MeerkatClient } from "meerkat-edge";
import { useAccess } from "../../app/access.ts";
import { useLoading } from "../../app/loading.ts";
import { EmptyState } from "../../parts/empty-state.tsx";
import { Stale } from "../../parts/stale.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { BudgetLeft } from "./budget-left.tsx";
import { DayChart } from "./day-chart.tsx";
import { dayOf, everyDay, firstOf } from "./days.ts";
import { Groups } from "./groups.tsx";
import { type Measure, measures, sizeOf } from "./measures.ts";
import { Totals } from "./totals.tsx";
import { UsageTable } from "./usage-table.tsx";

const spans = [7, 30, 90, 365] as const;
const SPAN = 30;

/** What the realm has used: in all, by day, by model and more. */
export default function Usage() {
  const { client } = useAccess();
  const span = useSignal<number>(SPAN);
  const chosen = useSignal<Measure | undefined>(undefined);
  const days = span.value;
  const loading = useLoading((signal) => readDays(client, days, signal), [client, days]);
  const { value: used } = loading;
  // Until one is chosen, the first that has something to show: a model may count no tokens.
  const measure = chosen.value ?? measures.find((one) => used && sizeOf(one, used.total) > 0);
  return (
    <>
      <div class="page-head">
        <h1>Usage</h1>
        <span class="grow" />
        <select
          aria-label="Time"
          value={span.value}
          onChange={(event) => (span.value = Number(event.currentTarget.value))}
        >
          {spans.map((one) => (
            <option key={one} value={one}>
              Last {one} days
            </option>
          ))}
        </select>
      </div>
      <BudgetLeft />
      <Stale of={loading} />
      {!used ? (
        <Waiting what="the books" of={loading} />
      ) : used.total.model_calls === 0 ? (
        <EmptyState title={`Nothing was used in the last ${days} days`}>
          <p>Every model call will be entered here: its tokens, its price and how long it took.</p>
          <a href="#/sessions">Go to the sessions</a>
        </EmptyState>
      ) : (
        <>
          <Totals total={used.total} />
          <MeasureChoice chosen={measure} onChoose={(one) => (chosen.value = one)} />
          {measure && (
            <div class="charts">
              <section class="card" aria-labelledby="by-day">
                <h2 id="by-day">By day</h2>
                <DayChart measure={measure} days={used.days} />
                <UsageTable title="Day" rows={used.days.toReversed()} />
              </section>
              <Groups measure={measure} from={used.from} to={used.to} />
            </div>
          )}
        </>
      )}
    </>
  );
}

interface MeasureChoiceProps {
  chosen: Measure | undefined;
  onChoose: (measure: Measure) => void;
}

function MeasureChoice({ chosen, onChoose }: MeasureChoiceProps) {
  return (
    <fieldset class="choice">
      <legend class="visually-hidden">Show</legend>
      {measures.map((measure) => (
        <button
          key={measure.name}
          aria-pressed={measure === chosen}
          onClick={() => onChoose(measure)}
        >
          {measure.title}
        </button>
      ))}
    </fieldset>
  );
}

async function readDays(client: MeerkatClient, days: number, signal: AbortSignal) {
  const span = { from: firstOf(days), to: dayOf(Date.now()) };
  const report = await client.call("usage/read", { ...span, group_by: "day" }, { signal });
  return { ...span, total: report.total, days: everyDay(span.from, span.to, report.rows) };
}

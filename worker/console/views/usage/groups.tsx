import { useSignal } from "@preact/signals";
import { useAccess } from "../../app/access.ts";
import { useLoading } from "../../app/loading.ts";
import { Stale } from "../../parts/stale.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { GroupChart } from "./group-chart.tsx";
import type { Measure } from "./measures.ts";
import { UsageTable } from "./usage-table.tsx";

interface GroupsProps {
  measure: Measure;
  from: string;
  to: string;
}

const groupings = ["model", "provider", "session", "label"] as const;

/** What was used by whom: models, providers, sessions, or the values of a label. */
export function Groups({ measure, from, to }: GroupsProps) {
  const { client } = useAccess();
  const grouping = useSignal<string>("model");
  const label = useSignal("");
  const isLabel = grouping.value === "label";
  const groupBy = isLabel ? `label:${label.value}` : grouping.value;
  const isAsked = !isLabel || label.value !== "";
  const loading = useLoading(
    async (signal) => {
      if (!isAsked) return [];
      const { rows } = await client.call("usage/read", { from, to, group_by: groupBy }, { signal });
      return rows;
    },
    [client, from, to, groupBy],
  );
  const title = `${grouping.value.charAt(0).toUpperCase()}${grouping.value.slice(1)}`;
  return (
    <section class="card" aria-labelledby="by-group">
      <div class="group-head">
        <h2 id="by-group">By {isLabel ? "label" : grouping.value}</h2>
        <span class="grow" />
        <select
          aria-label="Group by"
          value={grouping.value}
          onChange={(event) => (grouping.value = event.currentTarget.value)}
        >
          {groupings.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
        {isLabel && (
          <input
            aria-label="Label"
            placeholder="its key, such as team"
            value={label.value}
            maxLength={128}
            onChange={(event) => (label.value = event.currentTarget.value.trim())}
          />
        )}
      </div>
      <Stale of={loading} />
      {!loading.value ? (
        <Waiting what="the books" of={loading} />
      ) : isAsked ? (
        <>
          <GroupChart
            measure={measure}
            rows={loading.value}
            isOfSessions={grouping.value === "session"}
          />
          <UsageTable
            title={isLabel ? label.value : title}
            rows={loading.value}
            isOfSessions={grouping.value === "session"}
          />
        </>
      ) : (
        <p class="soft">Write the key of a label, and press Enter.</p>
      )}
    </section>
  );
}

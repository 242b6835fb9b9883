import { count, dollars, duration } from "../../parts/figures.ts";
import { Scrolling } from "../../parts/scrolling.tsx";
import { GroupName } from "./group-chart.tsx";
import type { Sums, UsageRow } from "./measures.ts";

interface UsageTableProps {
  /** What a row stands for, such as `Day`. */
  title: string;
  rows: readonly UsageRow[];
  isOfSessions?: boolean;
}

const columns: readonly { title: string; of: (sums: Sums) => string }[] = [
  { title: "Calls", of: (sums) => count(sums.model_calls) },
  { title: "Tokens in", of: (sums) => count(sums.input_tokens) },
  { title: "From cache", of: (sums) => count(sums.cache_read_tokens) },
  { title: "Tokens out", of: (sums) => count(sums.output_tokens) },
  { title: "Thinking", of: (sums) => count(sums.reasoning_tokens) },
  { title: "Tool calls", of: (sums) => count(sums.tool_calls) },
  { title: "Time", of: (sums) => duration(sums.latency_ms) },
  { title: "Cost", of: costOf },
];

/** Dollars, and that there is more whose price nobody knows. */
export function costOf({ usd, unpriced_calls }: Sums): string {
  if (unpriced_calls > 0 && usd === 0) return "unknown";
  return `${dollars(usd)}${unpriced_calls > 0 ? " +" : ""}`;
}

/** The figures behind a chart. */
export function UsageTable({ title, rows, isOfSessions = false }: UsageTableProps) {
  return (
    <details class="figures">
      <summary>As a table</summary>
      <Scrolling label={`Usage by ${title.toLowerCase()}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">{title}</th>
              {columns.map((column) => (
                <th key={column.title} scope="col">
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.group}>
                <th scope="row">
                  <GroupName group={row.group} isSession={isOfSessions} />
                </th>
                {columns.map((column) => (
                  <td key={column.title} class="number">
                    {column.of(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
    </details>
  );
}

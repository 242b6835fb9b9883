import { count, duration } from "../../parts/figures.ts";
import type { Sums } from "./measures.ts";
import { costOf } from "./usage-table.tsx";

/** What was used in all, as large figures. */
export function Totals({ total }: { total: Sums }) {
  const { input_tokens, cache_read_tokens, output_tokens, reasoning_tokens } = total;
  const { model_calls, tool_calls, latency_ms, retries, unpriced_calls } = total;
  const cached = input_tokens > 0 ? Math.round((cache_read_tokens / input_tokens) * 100) : 0;
  const tiles = [
    {
      title: "Cost",
      value: costOf(total),
      note:
        unpriced_calls > 0
          ? `${count(unpriced_calls)} calls without a known price`
          : "at list prices",
    },
    { title: "Tokens in", value: count(input_tokens), note: `${cached} % from cache` },
    {
      title: "Tokens out",
      value: count(output_tokens),
      note: `${count(reasoning_tokens)} thinking`,
    },
    { title: "Model calls", value: count(model_calls), note: `${count(retries)} tried again` },
    { title: "Tool calls", value: count(tool_calls), note: "asked for by models" },
    {
      title: "Time per call",
      value: model_calls > 0 ? duration(latency_ms / model_calls) : "–",
      note: "on average",
    },
  ];
  return (
    <dl class="totals">
      {tiles.map(({ title, value, note }) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd class="number">{value}</dd>
          <dd class="faint">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

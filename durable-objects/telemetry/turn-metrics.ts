import { type TurnRecord, usdOf } from "./turn-record.ts";

// The platform refuses longer ones.
const MAX_INDEX_BYTES = 96;

/**
 * Writes a turn that is over to Analytics Engine: one data point, its index the realm. The order of blobs
 * and doubles is what queries name (docs/observability.md): append only.
 */
export function measureTurn(
  { METRICS: dataset }: { METRICS?: AnalyticsEngineDataset },
  record: TurnRecord,
): void {
  if (!dataset) return;
  const { tally, usage } = record;
  try {
    dataset.writeDataPoint({
      indexes: [record.realmId.slice(0, MAX_INDEX_BYTES)],
      blobs: [
        record.provider,
        record.model,
        record.outcome,
        record.error?.code ?? "",
        record.error?.class ?? "",
        record.cause ?? "",
      ],
      doubles: [
        record.endedAt - record.startedAt,
        // Minus one says that there was no token: an average must not take it for a fast one.
        record.firstTokenMs ?? -1,
        record.queueMs,
        record.steps,
        record.toolCalls,
        tally.retries,
        record.recoveries,
        tally.compactions,
        tally.fallbacks,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens ?? 0,
        usage.cache_creation_tokens ?? 0,
        usage.reasoning_tokens ?? 0,
        usdOf(record) ?? 0,
        tally.unpricedCalls,
      ],
    });
  } catch (cause) {
    // What a turn did must not depend on whether it could be counted.
    console.error("a turn could not be measured", cause);
  }
}

import type { Span } from "./span.ts";
import { type OtlpSettings, SpanExporter } from "./span-exporter.ts";
import { logTurn } from "./turn-line.ts";
import { measureTurn } from "./turn-metrics.ts";
import type { TurnRecord } from "./turn-record.ts";
import { turnSpan } from "./turn-spans.ts";

/** The settings and bindings that say what is told, and to whom. */
export interface TelemetryEnv extends OtlpSettings {
  RKAT_LOG_LEVEL?: string;
  METRICS?: AnalyticsEngineDataset;
}

/** Tells operators what turns did: a log line, a data point, and spans where a collector is set. */
export class Telemetry {
  readonly #env: TelemetryEnv;
  readonly #exporter: SpanExporter | undefined;

  /** `ctx` keeps the object alive for work that nobody waits for. */
  constructor(env: TelemetryEnv, ctx: Pick<DurableObjectState, "waitUntil">) {
    this.#env = env;
    this.#exporter = SpanExporter.of(env, (work) => ctx.waitUntil(work));
  }

  get isTracing(): boolean {
    return this.#exporter !== undefined;
  }

  span(span: Span): void {
    this.#exporter?.add(span);
  }

  /** Sends the spans so far: it may be long before there are more. */
  flush(): void {
    this.#exporter?.flush();
  }

  /** A turn is over: the one place where that is told. */
  turnEnded(record: TurnRecord, isSampled: boolean): void {
    logTurn(this.#env, record);
    measureTurn(this.#env, record);
    if (isSampled) this.span(turnSpan(record));
    this.flush();
  }
}

import { packageVersion } from "../../sdk/contract/index.ts";
import { type Attribute, kinds, type Span } from "./span.ts";

/** Spans as OTLP/HTTP carries them in JSON. */
export function otlpRequest(spans: readonly Span[]): string {
  const resource = { "service.name": "meerkat-edge", "service.version": packageVersion };
  const scope = { name: "meerkat-edge", version: packageVersion };
  const scopeSpans = [{ scope, spans: spans.map(otlpSpan) }];
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans }],
  });
}

function otlpSpan({ kind, startedAt, endedAt, attributes, error, ...ids }: Span) {
  const failure = error === undefined ? {} : { "error.type": error };
  return {
    ...ids,
    kind: kinds[kind],
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: keyValues({ ...attributes, ...failure }),
    // 0: not said, 2: an error.
    status: { code: error === undefined ? 0 : 2 },
  };
}

/** As a text: there are more nanoseconds than a number is exact for. */
function nanoseconds(ms: number): string {
  return `${ms}000000`;
}

function keyValues(attributes: Span["attributes"]) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: otlpValue(value) }],
  );
}

function otlpValue(value: Attribute): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "object") return { arrayValue: { values: value.map(otlpValue) } };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

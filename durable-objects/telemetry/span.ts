/** What OTLP calls the kinds of span that a turn has. */
export const kinds = { internal: 1, client: 3 } as const;

export type Attribute = string | number | boolean | readonly string[];

/** Something that took time, finished. Attributes hold no content. */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string | undefined;
  name: string;
  kind: keyof typeof kinds;
  /** Unix milliseconds. */
  startedAt: number;
  endedAt: number;
  /** Absent ones are left out. */
  attributes: Readonly<Record<string, Attribute | undefined>>;
  /** What kind of error it ended with, if it did. */
  error?: string | undefined;
}

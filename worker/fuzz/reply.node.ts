/** What came of a request, over whatever surface. */
export interface Reply {
  /** HTTP's; 0 for an answer on a socket. */
  status: number;
  contentType: string;
  /** The answer's text; of a stream, the data of its events up to where nothing more was waiting. */
  text: string;
  ms: number;
  /** Other frames that came on the same socket. */
  others?: readonly string[];
}

/** The objects in a reply: the answer, or the messages of a stream. */
export function messagesOf({ text, contentType }: Reply): unknown[] {
  const texts = contentType.startsWith("text/event-stream")
    ? [...text.matchAll(/^data: (.+)$/gm)].map(([, data = ""]) => data)
    : [text];
  return texts.map((one) => {
    try {
      return JSON.parse(one) as unknown;
    } catch {
      return one;
    }
  });
}

/** The types in a value, not what it says: two successes may differ in numbers and words. */
export function shapeOf(value: unknown): unknown {
  // What was made within one moment is listed in any order.
  if (Array.isArray(value))
    return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))].toSorted();
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  const entries = Object.entries(value).map(([key, item]) => [key, shapeOf(item)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a reply is an error in the words of its surface. */
export function isFailure({ status }: Reply, messages: readonly unknown[]): boolean {
  return status >= 400 || messages.some(saysError);
}

function saysError(message: unknown): boolean {
  if (typeof message !== "object" || message === null) return false;
  // An event that tells of an error is none.
  if (!("jsonrpc" in message)) return false;
  if ("error" in message) return true;
  const { result } = message as { result?: unknown };
  return (
    typeof result === "object" && result !== null && "isError" in result && result.isError === true
  );
}

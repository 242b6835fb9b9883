/** The label under which the console keeps what a session is called. */
export const TITLE_LABEL = "title";

const MAX_CHARS = 80;

/** What a session is called: its title, else the beginning of its id. */
export function titleOf(session: {
  sessionId: string;
  labels?: Record<string, string> | undefined;
}): string {
  return session.labels?.[TITLE_LABEL] ?? `Session ${session.sessionId.slice(-8)}`;
}

/** A title out of a first prompt: its first line, not too long. */
export function titleFrom(prompt: string): string {
  const [line = ""] = prompt.trim().split("\n");
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS - 1)}…` : line;
}

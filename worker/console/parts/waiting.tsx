import type { Loading } from "../app/loading.ts";
import { EmptyState } from "./empty-state.tsx";

interface WaitingProps {
  /** What is read, within a sentence: `the tokens`. */
  what: string;
  of: Pick<Loading<unknown>, "problem" | "reload">;
}

/** In the place of what is not there yet: grey lines, or why it does not come. */
export function Waiting({ what, of: { problem, reload } }: WaitingProps) {
  if (problem !== undefined) {
    return (
      <EmptyState title={`Reading ${what} failed`} tone="bad">
        <p>{problem}</p>
        <button onClick={reload}>Try again</button>
      </EmptyState>
    );
  }
  return (
    <output class="skeleton">
      <span class="visually-hidden">Reading {what}…</span>
      <i />
      <i />
      <i />
    </output>
  );
}

import type { Loading } from "../app/loading.ts";

/** Says that what is shown could not be read again. */
export function Stale({ of: { value, problem, reload } }: { of: Loading<unknown> }) {
  if (value === undefined || problem === undefined) return null;
  return (
    <p class="banner bad" role="alert">
      <span class="grow">This may be out of date. {problem}</span>
      <button onClick={reload}>Try again</button>
    </p>
  );
}

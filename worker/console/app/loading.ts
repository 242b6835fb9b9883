import { useCallback, useEffect, useState } from "preact/hooks";
import { leaveIfRefused } from "./access.ts";
import { plainWords } from "./plain-words.ts";

/** Something that is read from the deployment to be shown. */
export interface Loading<Value> {
  /** What was read last; it stays while it is read again. */
  value: Value | undefined;
  /** Why it could not be read. */
  problem: string | undefined;
  reload: () => void;
}

/** Reads something when a page opens, and again when `inputs` change. What comes too late is dropped. */
export function useLoading<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  inputs: readonly unknown[],
): Loading<Value> {
  const [state, setState] = useState<{ value?: Value; problem?: string }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    load(stop.signal).then(
      (value) => !stop.signal.aborted && setState({ value }),
      (error: unknown) => {
        if (stop.signal.aborted || leaveIfRefused(error)) return;
        setState(({ value }) => ({
          ...(value !== undefined && { value }),
          problem: plainWords(error),
        }));
      },
    );
    return () => stop.abort();
  }, [...inputs, round]);
  const reload = useCallback(() => setRound((last) => last + 1), []);
  return { value: state.value, problem: state.problem, reload };
}

/** Features that we use on purpose and that some of the supported Node releases call experimental. */
const known = /SQLite|Type Stripping/;

/** Keeps Node's notes about those features off the user's terminal, and lets every other warning through. */
export function silenceKnownWarnings(): void {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (known.test(String(warning)) && rest.includes("ExperimentalWarning")) return;
    // The overloads of emitWarning differ only in what `rest` is; it is passed on as it came.
    Reflect.apply(emit, process, [warning, ...rest]);
  };
}

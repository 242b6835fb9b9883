/** The command line itself is wrong: told like any error, but with exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

const flag = "--resume";

/**
 * `run --resume "Go on"`: what follows is the prompt, unlike with other flags that take a value, so that a
 * session other than the last is given as `--resume=<session>` only.
 */
export function withResumeTarget(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  return args.map((arg, at) => (arg === flag && (end === -1 || at < end) ? `${flag}=last` : arg));
}

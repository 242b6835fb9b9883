import { UsageError } from "./usage-error.ts";

/** Which scopes of a run the user wants to see while it streams (contract 10.5). */
export type StreamView = { kind: "primary" } | { kind: "mux" } | { kind: "focus"; scope: string };

/** The scope of everything that a session says when no team works under it. */
export const PRIMARY_SCOPE = "primary";

/** The view's names on the command line. */
export const streamViews = ["primary", "mux", "focus"] as const;

const atom = String.raw`[^/\s]+`;
const focusable = new RegExp(`^(primary(/sub:${atom})?|mob:${atom}(/sub:${atom})?)$`);

/** Checks the view flags against each other, before anything runs. */
export function chooseView(
  flags: { streamView?: string; streamFocus?: string },
  streaming: boolean,
): StreamView {
  const { streamView: kind, streamFocus: scope } = flags;
  if ((kind !== undefined || scope !== undefined) && !streaming) {
    throw new UsageError("--stream-view and --stream-focus need --stream");
  }
  if (kind !== "focus") {
    if (scope !== undefined) throw new UsageError("--stream-focus needs --stream-view focus");
    return { kind: kind === "mux" ? "mux" : "primary" };
  }
  if (scope === undefined) {
    throw new UsageError("--stream-view focus needs --stream-focus <scope>");
  }
  if (!focusable.test(scope)) {
    throw new UsageError(
      `invalid stream focus '${scope}': use primary, mob:<member>, primary/sub:<agent> or mob:<member>/sub:<agent>`,
    );
  }
  return { kind, scope };
}

/** Whether a view shows what a scope says. */
export function shows(view: StreamView, scope: string): boolean {
  if (view.kind === "mux") return true;
  return scope === (view.kind === "focus" ? view.scope : PRIMARY_SCOPE);
}

/** What stands before a scope's lines, so that several can be told apart. */
export function linePrefix(view: StreamView, scope: string): string {
  return view.kind === "mux" ? `[${scope}] ` : "";
}

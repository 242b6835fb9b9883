/** Whether a turn runs. */
export function StateBadge({ state }: { state: "running" | "idle" | "archived" }) {
  return (
    <span class={`badge state ${state}`}>
      {state === "running" && <span class="pulse" aria-hidden="true" />}
      {state}
    </span>
  );
}

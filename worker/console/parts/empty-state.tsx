import type { ComponentChildren } from "preact";

interface EmptyStateProps {
  title: string;
  tone?: "plain" | "bad";
  children?: ComponentChildren;
}

/** What is shown where nothing is to be shown: why, and what to do next. */
export function EmptyState({ title, tone = "plain", children }: EmptyStateProps) {
  return (
    <div class={`empty ${tone}`} role={tone === "bad" ? "alert" : undefined}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

import type { ComponentChildren } from "preact";

interface EmptyStateProps {
  title: string;
  tone?: "plain" | "bad";
  /** Whether it is all that the page shows. */
  isPage?: boolean;
  children?: ComponentChildren;
}

/** What is shown where nothing is to be shown: why, and what to do next. */
export function EmptyState({ title, tone = "plain", isPage = false, children }: EmptyStateProps) {
  const Heading = isPage ? "h1" : "h2";
  return (
    <div class={`empty ${tone}`} role={tone === "bad" ? "alert" : undefined}>
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

import type { ComponentChildren } from "preact";

interface ScrollingProps {
  label: string;
  class?: string;
  children: ComponentChildren;
}

/** Something that may be wider than the page, and then scrolls sideways. */
export function Scrolling({ label, class: className = "", children }: ScrollingProps) {
  return (
    // Scrolling must be possible with the keyboard, too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section class={`scrolls ${className}`} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

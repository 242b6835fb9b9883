import type { Part } from "./measures.ts";

/** Which colour stands for what; one colour needs no words. */
export function Legend({ parts }: { parts: readonly Part[] }) {
  if (parts.length < 2) return null;
  return (
    <ul class="legend">
      {parts.map(({ name, tone }) => (
        <li key={name}>
          <svg viewBox="0 0 1 1" aria-hidden="true">
            <rect class={tone} width={1} height={1} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

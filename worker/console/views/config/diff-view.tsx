import { structuredPatch } from "diff";
import { useMemo } from "preact/hooks";
import { Scrolling } from "../../parts/scrolling.tsx";
import { sorted } from "./changes.ts";

interface DiffViewProps {
  label: string;
  from: unknown;
  to: unknown;
}

/** What changes from one document to another, line by line; the order of keys is no change. */
export function DiffView({ label, from, to }: DiffViewProps) {
  const hunks = useMemo(() => hunksBetween(from, to), [from, to]);
  if (hunks.length === 0) return <p class="soft">No difference.</p>;
  return (
    <Scrolling class="diff" label={label}>
      {hunks.map(({ oldStart, newStart, lines }) => (
        <pre key={`${oldStart} ${newStart}`}>
          {lines.map((line, index) => (
            <DiffLine key={index} line={line} />
          ))}
        </pre>
      ))}
    </Scrolling>
  );
}

function DiffLine({ line }: { line: string }) {
  const text = `${line}\n`;
  if (line.startsWith("+")) return <ins>{text}</ins>;
  if (line.startsWith("-")) return <del>{text}</del>;
  return <span>{text}</span>;
}

function hunksBetween(from: unknown, to: unknown) {
  const [one, other] = [textOf(from), textOf(to)];
  return structuredPatch("", "", one, other, "", "", { context: 3 }).hunks;
}

function textOf(document: unknown): string {
  return `${JSON.stringify(sorted(document), null, 2)}\n`;
}

import { type Measure, sizeOf, type UsageRow } from "./measures.ts";

interface GroupChartProps {
  measure: Measure;
  rows: readonly UsageRow[];
  isOfSessions: boolean;
}

const SHOWN = 20;

/** A bar for each model, session or label, the largest first. */
export function GroupChart({ measure, rows, isOfSessions }: GroupChartProps) {
  const sized = rows.map((row) => ({ row, size: sizeOf(measure, row) }));
  const shown = sized.toSorted((a, b) => b.size - a.size).slice(0, SHOWN);
  const most = shown[0]?.size ?? 0;
  return (
    <>
      <ol class="group-chart">
        {shown.map(({ row, size }) => (
          <li key={row.group}>
            <span class="group">
              <GroupName group={row.group} isSession={isOfSessions} />
            </span>
            <span class="number">{measure.format(size)}</span>
            <Bar row={row} measure={measure} most={most} />
          </li>
        ))}
      </ol>
      {rows.length > SHOWN && (
        <p class="faint">And {rows.length - SHOWN} more, which the table has.</p>
      )}
    </>
  );
}

/** What a group is called; a session is linked to. */
export function GroupName({ group, isSession }: { group: string; isSession: boolean }) {
  if (group === "") return <i>without</i>;
  return isSession ? <a href={`#/sessions/${group}`}>{group}</a> : <>{group}</>;
}

function Bar({ row, measure, most }: { row: UsageRow; measure: Measure; most: number }) {
  let left = 0;
  return (
    <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      {measure.parts.map(({ name, tone, of }) => {
        const width = most > 0 ? (of(row) / most) * 100 : 0;
        const x = left;
        left += width;
        return <rect key={name} class={tone} x={x} width={width} height={1} />;
      })}
    </svg>
  );
}

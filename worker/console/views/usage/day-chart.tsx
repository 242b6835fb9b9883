import { useSignal } from "@preact/signals";
import { shortDay } from "./days.ts";
import { Legend } from "./legend.tsx";
import { type Measure, sizeOf, type UsageRow } from "./measures.ts";

interface DayChartProps {
  measure: Measure;
  days: readonly UsageRow[];
}

const HEIGHT = 100;
const GAP = 0.16;

/** A bar for each day. The table below it says the same. */
export function DayChart({ measure, days }: DayChartProps) {
  const pointed = useSignal<number | undefined>(undefined);
  const sizes = days.map((day) => sizeOf(measure, day));
  const most = Math.max(...sizes);
  const day = pointed.value === undefined ? undefined : days[pointed.value];
  const point = (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - left) / width) * days.length);
    pointed.value = Math.min(Math.max(index, 0), days.length - 1);
  };
  const { format } = measure;
  return (
    <figure class="day-chart">
      <figcaption>
        <span class="number">
          {day
            ? `${shortDay(day.group)}: ${format(sizeOf(measure, day))}`
            : `At most ${format(most)} a day`}
        </span>
        <Legend parts={measure.parts} />
      </figcaption>
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${days.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        onPointerMove={point}
        onPointerLeave={() => (pointed.value = undefined)}
      >
        {pointed.value !== undefined && (
          <rect class="pointed" x={pointed.value} y={0} width={1} height={HEIGHT} />
        )}
        {days.map((row, index) => (
          <Bar
            key={row.group}
            row={row}
            x={index}
            scale={most > 0 ? HEIGHT / most : 0}
            measure={measure}
          />
        ))}
      </svg>
      <p class="axis faint" aria-hidden="true">
        <span>{shortDay(days[0]?.group ?? "")}</span>
        <span>{shortDay(days.at(-1)?.group ?? "")}</span>
      </p>
    </figure>
  );
}

interface BarProps {
  row: UsageRow;
  x: number;
  /** Units of height for one of what is measured. */
  scale: number;
  measure: Measure;
}

function Bar({ row, x, scale, measure }: BarProps) {
  let top = HEIGHT;
  return (
    <>
      {measure.parts.map(({ name, tone, of }) => {
        const height = of(row) * scale;
        top -= height;
        return (
          <rect key={name} class={tone} x={x + GAP} y={top} width={1 - 2 * GAP} height={height} />
        );
      })}
    </>
  );
}

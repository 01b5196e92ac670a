/** A line over time, small enough for a panel, with its largest value and its ends said. */

import "./charts.css";
import { useId } from "preact/hooks";
import { linearScale } from "./scale";

export interface SparklinePoint {
  /** What the point is called: its date in words. */
  label: string;
  value: number;
}

export interface SparklineProps {
  title: string;
  points: readonly SparklinePoint[];
  format: (value: number) => string;
  /** A second line to compare with, of as many points; drawn broken. */
  other?: { title: string; points: readonly SparklinePoint[] };
}

const WIDTH = 320;
const HEIGHT = 64;
const INSET = 4;

function courseOf(points: readonly SparklinePoint[], at: (value: number) => number): string {
  const step = points.length > 1 ? (WIDTH - 2 * INSET) / (points.length - 1) : 0;
  const place = (point: SparklinePoint, n: number): string => {
    const y = HEIGHT - INSET - at(point.value) * (HEIGHT - 2 * INSET);
    return `${(INSET + n * step).toFixed(1)},${y.toFixed(1)}`;
  };
  return `M${points.map(place).join("L")}`;
}

export function Sparkline({ title, points, format, other }: SparklineProps) {
  const id = useId();
  if (!points.length) return null;
  const values = [...points, ...(other?.points ?? [])].map((point) => point.value);
  const scale = linearScale(values, 3, true);
  const peak = points.reduce((best, point) => (point.value > best.value ? point : best));
  const course = courseOf(points, scale.at);
  return (
    <figure class="chart-spark">
      <figcaption class="chart-caption">
        <span>{title}</span>
        <span>
          {peak.label}: {format(peak.value)}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={id}
      >
        <title id={id}>{`${title}. ${peak.label}: ${format(peak.value)}`}</title>
        <path
          class="chart-spark-area"
          d={`${course}L${WIDTH - INSET},${HEIGHT - INSET}L${INSET},${HEIGHT - INSET}Z`}
        />
        <path class="chart-spark-line" d={course} />
        {other && <path class="chart-spark-other" d={courseOf(other.points, scale.at)} />}
      </svg>
      <div class="chart-caption" aria-hidden="true">
        <span>{points[0]?.label}</span>
        <span>{points.at(-1)?.label}</span>
      </div>
    </figure>
  );
}

/** Rows of points on one axis, each from 0 to its largest: how bad it can get. */

import "./charts.css";
import { useId } from "preact/hooks";
import { formatFigure } from "../i18n";
import { linearScale } from "./scale";

export interface RangeRow {
  key: string;
  /** A letter or two before the row. */
  mark: string;
  /** Whether the row stands out. */
  strong: boolean;
  points: readonly { value: number; label: string }[];
}

export interface RangeChartProps {
  rows: readonly RangeRow[];
  xTitle: string;
}

const WIDTH = 352;
const ROW = 26;
const LEFT = 30;
const RIGHT = 16;
const TOP = 8;
const BOTTOM = 42;
const RADIUS = 4;

const xPlace = (share: number): number => LEFT + share * (WIDTH - LEFT - RIGHT);

export function RangeChart({ rows, xTitle }: RangeChartProps) {
  const id = useId();
  const foot = TOP + rows.length * ROW;
  const values = rows.flatMap((row) => row.points.map((point) => point.value));
  const x = linearScale(values, 5, true);
  const words = rows.flatMap((row) => row.points.map((point) => point.label));
  return (
    <figure class="chart-lines">
      <svg viewBox={`0 0 ${WIDTH} ${foot + BOTTOM}`} role="img" aria-labelledby={id}>
        <title id={id}>{[xTitle, ...words].join(". ")}</title>
        {x.ticks.map((tick) => (
          <g key={tick} transform={`translate(${xPlace(x.at(tick))},0)`}>
            <line class="chart-grid" y1={TOP} y2={foot} />
            <text class="chart-text" y={foot + 15} text-anchor="middle">
              {formatFigure(tick)}
            </text>
          </g>
        ))}
        <text class="chart-text" x={WIDTH - RIGHT} y={foot + BOTTOM - 8} text-anchor="end">
          {xTitle}
        </text>
        {rows.map((row, i) => (
          <Row key={row.key} row={row} y={TOP + (i + 0.5) * ROW} at={(v) => xPlace(x.at(v))} />
        ))}
      </svg>
    </figure>
  );
}

function Row({ row, y, at }: { row: RangeRow; y: number; at: (value: number) => number }) {
  const largest = Math.max(...row.points.map((point) => point.value));
  return (
    <g>
      <text
        class={`chart-text${row.strong ? " chart-text-strong" : ""}`}
        x={LEFT - 12}
        y={y}
        dy="0.32em"
        text-anchor="end"
      >
        {row.mark}
      </text>
      <line class="chart-range" x1={at(0)} x2={at(largest)} y1={y} y2={y} />
      {row.points.map(({ value, label }) => (
        <circle
          key={`${label} ${value}`}
          class={value === largest ? "chart-range-most" : "chart-dot"}
          cx={at(value)}
          cy={y}
          r={RADIUS}
        >
          <title>{label}</title>
        </circle>
      ))}
    </g>
  );
}

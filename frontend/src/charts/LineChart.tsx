/** A curve through a few points, each with its figures in words. */

import "./charts.css";
import { useId } from "preact/hooks";
import { formatFigure } from "../i18n";
import { linearScale } from "./scale";

export interface LinePoint {
  x: number;
  y: number;
  /** What the point is, for its tooltip and for a screen reader. */
  label: string;
}

export interface LineChartProps {
  /** What it is called for a screen reader; else the titles of its axes. */
  title?: string;
  points: readonly LinePoint[];
  xTitle: string;
  yTitle: string;
  formatX?: (value: number) => string;
  formatY?: (value: number) => string;
  /** Between two points nothing changes: the line goes across, then up or down. */
  steps?: boolean;
}

const WIDTH = 352;
const HEIGHT = 220;
const LEFT = 52;
const RIGHT = 16;
const TOP = 28;
const BOTTOM = 42;

const xPlace = (share: number): number => LEFT + share * (WIDTH - LEFT - RIGHT);
const yPlace = (share: number): number => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);

export function LineChart(props: LineChartProps) {
  const { title, xTitle, yTitle, formatX = formatFigure, formatY = formatFigure } = props;
  const id = useId();
  const points = [...props.points].sort((a, b) => a.x - b.x);
  const x = linearScale(points.map((point) => point.x));
  const y = linearScale(points.map((point) => point.y));
  const places = points.map((point) => [xPlace(x.at(point.x)), yPlace(y.at(point.y))] as const);
  const corners = props.steps
    ? places.flatMap(([left, top], i) => [
        [left, places[i - 1]?.[1] ?? top] as const,
        [left, top] as const,
      ])
    : places;
  return (
    <figure class="chart-lines">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={id}>
        <title id={id}>
          {[title ?? `${xTitle}, ${yTitle}`, ...points.map((point) => point.label)].join(". ")}
        </title>
        {x.ticks.map((tick) => (
          <g key={tick} transform={`translate(${xPlace(x.at(tick))},0)`}>
            <line class="chart-grid" y1={TOP} y2={HEIGHT - BOTTOM} />
            <text class="chart-text" y={HEIGHT - BOTTOM + 15} text-anchor="middle">
              {formatX(tick)}
            </text>
          </g>
        ))}
        {y.ticks.map((tick) => (
          <g key={tick} transform={`translate(0,${yPlace(y.at(tick))})`}>
            <line class="chart-grid" x1={LEFT} x2={WIDTH - RIGHT} />
            <text class="chart-text" x={LEFT - 6} dy="0.32em" text-anchor="end">
              {formatY(tick)}
            </text>
          </g>
        ))}
        <text class="chart-text" x={WIDTH - RIGHT} y={HEIGHT - 8} text-anchor="end">
          {xTitle}
        </text>
        <text class="chart-text" x={2} y={14}>
          {yTitle}
        </text>
        <path
          class="chart-line"
          d={`M${corners.map((place) => place.map((at) => at.toFixed(1)).join()).join("L")}`}
        />
        {places.map(([left, top], i) => (
          <circle key={points[i]?.label} class="chart-dot" cx={left} cy={top} r={3.5}>
            <title>{points[i]?.label}</title>
          </circle>
        ))}
      </svg>
    </figure>
  );
}

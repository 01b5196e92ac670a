/** Points by two measures, of which one can be chosen: a Pareto front. */

import "./charts.css";
import { useId } from "preact/hooks";
import { formatNumber } from "../i18n";
import { linearScale } from "./scale";

export interface ScatterPoint {
  key: string;
  x: number;
  y: number;
  /** What the point is, for its tooltip and for a screen reader. */
  label: string;
  /** One or two letters or figures inside the point. */
  mark?: string;
  colour?: string;
}

export interface ScatterChartProps {
  /** What it is called for a screen reader; else the titles of its axes. */
  title?: string;
  points: readonly ScatterPoint[];
  xTitle: string;
  yTitle: string;
  selected?: string | null;
  onSelect?: (key: string) => void;
}

const WIDTH = 352;
const HEIGHT = 240;
const LEFT = 52;
const RIGHT = 16;
const TOP = 28;
const BOTTOM = 42;

const xPlace = (share: number): number => LEFT + share * (WIDTH - LEFT - RIGHT);
const yPlace = (share: number): number => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
const decimals = (ticks: readonly number[]): number =>
  ticks.every((tick) => Number.isInteger(tick)) ? 0 : 1;

export function ScatterChart(props: ScatterChartProps) {
  const { title, points, xTitle, yTitle, selected, onSelect } = props;
  const id = useId();
  const x = linearScale(points.map((point) => point.x));
  const y = linearScale(points.map((point) => point.y));
  return (
    <figure class="chart-scatter">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={id}>
        <title id={id}>{title ?? `${xTitle}, ${yTitle}`}</title>
        {x.ticks.map((tick) => (
          <g key={tick} transform={`translate(${xPlace(x.at(tick))},0)`}>
            <line class="chart-grid" y1={TOP} y2={HEIGHT - BOTTOM} />
            <text class="chart-text" y={HEIGHT - BOTTOM + 15} text-anchor="middle">
              {formatNumber(tick, decimals(x.ticks))}
            </text>
          </g>
        ))}
        {y.ticks.map((tick) => (
          <g key={tick} transform={`translate(0,${yPlace(y.at(tick))})`}>
            <line class="chart-grid" x1={LEFT} x2={WIDTH - RIGHT} />
            <text class="chart-text" x={LEFT - 6} dy="0.32em" text-anchor="end">
              {formatNumber(tick, decimals(y.ticks))}
            </text>
          </g>
        ))}
        <text class="chart-text" x={WIDTH - RIGHT} y={HEIGHT - 8} text-anchor="end">
          {xTitle}
        </text>
        <text class="chart-text" x={2} y={14}>
          {yTitle}
        </text>
      </svg>
      {points.map((point) => (
        <button
          key={point.key}
          type="button"
          class="chart-point"
          title={point.label}
          aria-label={point.label}
          aria-pressed={point.key === selected}
          disabled={!onSelect}
          style={{
            left: `${(xPlace(x.at(point.x)) / WIDTH) * 100}%`,
            top: `${(yPlace(y.at(point.y)) / HEIGHT) * 100}%`,
            borderColor: point.colour,
          }}
          onClick={() => onSelect?.(point.key)}
        >
          {point.mark}
        </button>
      ))}
    </figure>
  );
}

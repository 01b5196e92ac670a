/** A bar behind a figure of a table: how much of the largest it is. */

import "./charts.css";
import { clampPlace } from "./scale";

export interface BarCellProps {
  /** 0 to 1; beyond that the bar is full. */
  share: number;
  /** The figure, in words. */
  label: string;
  /** A second figure, beside the bar. */
  detail?: string;
  colour?: string;
}

export function BarCell({ share, label, detail, colour }: BarCellProps) {
  const width = `${clampPlace(share || 0) * 100}%`;
  return (
    <span class="chart-bar">
      <span class="chart-bar-label">{label}</span>
      <span class="chart-bar-line">
        <span class="chart-bar-track" aria-hidden="true">
          <span class="chart-bar-fill" style={{ width, background: colour }} />
        </span>
        {detail && <span class="chart-bar-detail">{detail}</span>}
      </span>
    </span>
  );
}

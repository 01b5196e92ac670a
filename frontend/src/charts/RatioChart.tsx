/** Ratios of modelled to published on a logarithmic axis, each with the band of its target. */

import "./charts.css";
import { formatNumber } from "../i18n";
import { clampPlace, ratioScale } from "./scale";

const SCALE = ratioScale(4);
const percent = (ratio: number): string => `${clampPlace(SCALE.at(ratio)) * 100}%`;

export interface RatioMarkProps {
  /** null: the model has no way to say. */
  ratio: number | null;
  /** The band of the target, as ratios to the published value. */
  low: number;
  high: number;
  /** null: it is not judged. */
  within: boolean | null;
}

/** One ratio in its band; met, or not judged, is a disc, missed a diamond. */
export function RatioMark({ ratio, low, high, within }: RatioMarkProps) {
  const left = clampPlace(SCALE.at(low));
  const width = clampPlace(SCALE.at(high)) - left;
  const beyond = ratio !== null && (SCALE.at(ratio) < 0 || SCALE.at(ratio) > 1);
  return (
    <span class="chart-ratio" aria-hidden="true">
      <span class="chart-ratio-band" style={{ left: `${left * 100}%`, width: `${width * 100}%` }} />
      {SCALE.ticks.map((tick) => (
        <span
          key={tick}
          class={`chart-ratio-tick${tick === 1 ? " chart-ratio-one" : ""}`}
          style={{ left: percent(tick) }}
        />
      ))}
      {ratio !== null && (
        <span
          class={`chart-ratio-mark ${within === false ? "chart-ratio-missed" : "chart-ratio-met"}${
            beyond ? " chart-ratio-beyond" : ""
          }`}
          style={{ left: percent(ratio) }}
        />
      )}
    </span>
  );
}

/** The axis that a column of `RatioMark` shares. */
export function RatioAxis() {
  return (
    <span class="chart-ratio-axis" aria-hidden="true">
      {SCALE.ticks.map((tick) => (
        <span key={tick} class="chart-ratio-label" style={{ left: percent(tick) }}>
          ×{formatNumber(tick, 2)}
        </span>
      ))}
    </span>
  );
}

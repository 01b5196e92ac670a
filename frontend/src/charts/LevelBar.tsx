/** A value on a scale from nothing to a whole, with the marks from which it counts as high. */

import "./charts.css";
import { clampPlace } from "./scale";

export interface LevelMark {
  at: number;
  label: string;
}

export interface LevelBarProps {
  title: string;
  /** null: it is not known. */
  value: number | null;
  /** The whole. */
  most: number;
  /** The value in words. */
  words: string;
  marks: readonly LevelMark[];
  level?: "good" | "warn" | "bad";
}

export function LevelBar({ title, value, most, words, marks, level }: LevelBarProps) {
  const percent = (at: number): string => `${clampPlace(at / most) * 100}%`;
  const colour = level && `var(--${level})`;
  return (
    <div class="chart-level">
      <p class="chart-caption">
        <span>{title}</span>
        <span class="chart-level-words">{words}</span>
      </p>
      <div class="chart-level-scale" aria-hidden="true">
        {value !== null && (
          <span class="chart-level-fill" style={{ width: percent(value), background: colour }} />
        )}
        {marks.map(({ at }) => (
          <span key={at} class="chart-level-mark" style={{ left: percent(at) }} />
        ))}
      </div>
      <div class="chart-level-labels" aria-hidden="true">
        {marks.map(({ at, label }) => (
          <span key={at} style={{ left: percent(at) }}>
            {label}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Figures of a stress test: by what losses are ranked, and how bad each is among them. */

import type { StressAnswer, StressElement } from "../../contract";

export type MeasureKey = "lost_kt" | "welfare" | "cost" | "extra_days" | "extra_co2_kt";

/** What losses can be ranked by, in the units that the page shows. */
export const MEASURES: Record<MeasureKey, (loss: StressElement) => number> = {
  lost_kt: (loss) => loss.lost_kt,
  welfare: (loss) => loss.welfare_loss_usd / 1e6,
  cost: (loss) => loss.extra_cost_usd / 1e6,
  extra_days: (loss) => loss.extra_days ?? 0,
  extra_co2_kt: (loss) => loss.extra_co2_kt,
};
export const MEASURE_KEYS = Object.keys(MEASURES) as MeasureKey[];

/** Least figure, in the units shown, that is not left of the solver's arithmetic. */
const LEAST = 1e-3;

/** Return the losses that cost anything by a measure, the worst first. */
export function ranked({ elements }: StressAnswer, measure: MeasureKey): StressElement[] {
  const of = MEASURES[measure];
  return elements.filter((loss) => of(loss) > LEAST).sort((a, b) => of(b) - of(a));
}

/** Shares of the worst loss at which the next level begins, the worst level first. */
const LEVELS = [0.5, 0.2, 0.05, 0.01];

/** Return the least figures of the levels, the worst first; all that is less is the last level. */
export function levelsOf(most: number): number[] {
  return LEVELS.map((share) => rounded(most * share));
}

/** Return the level of a figure: 0 is the worst. */
export function levelOf(value: number, levels: readonly number[]): number {
  const at = levels.findIndex((least) => value >= least);
  return at < 0 ? levels.length : at;
}

/** Round to one digit that counts. */
function rounded(value: number): number {
  return value > 0 ? Number(value.toPrecision(1)) : 0;
}

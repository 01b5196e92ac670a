/** Water levels: the range that is asked about, and what vessels load. */

import type { WaterLevel } from "../../contract";

/** How far below and above the levels that are known one may ask, m. */
const MARGIN_M = 2;
export const STEP_M = 0.1;

const rounded = (level_m: number): number => Math.round(level_m * 100) / 100;

/** Return the share of its full load that a vessel loads at a level; see `sogdia.study.WaterLevel`. */
export function loadShare(water: WaterLevel, level_m: number): number {
  const below_m = Math.max(0, water.full_load_m - level_m);
  return Math.max(0, 1 - water.load_loss_per_m * below_m);
}

/** Return the least and the greatest level of the slider, m; at the least, vessels still load. */
export function levelRange(water: WaterLevel): { min: number; max: number } {
  const noLoad_m = water.load_loss_per_m
    ? water.full_load_m - 1 / water.load_loss_per_m
    : Number.NEGATIVE_INFINITY;
  const low_m = Math.min(water.current_m, water.full_load_m) - MARGIN_M;
  const high_m = Math.max(water.current_m, water.full_load_m) + MARGIN_M / 2;
  return { min: rounded(Math.max(low_m, noLoad_m + STEP_M)), max: rounded(high_m) };
}

/** Scales of charts: from values to places, and the round values to mark on an axis. */

export interface Scale {
  /** The place of a value: 0 at the lower end of the domain, 1 at the upper. */
  at: (value: number) => number;
  ticks: number[];
}

const ROUND_STEPS = [1, 2, 2.5, 5, 10];

/** Return the smallest round step that needs at most so many ticks. */
function roundStep(span: number, count: number): number {
  const least = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = ROUND_STEPS.find((step) => step * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Return a scale over the values, its ends moved out to round values. */
export function linearScale(values: readonly number[], count = 5, fromZero = false): Scale {
  const finite = values.filter(Number.isFinite);
  let low = finite.length ? Math.min(...finite) : 0;
  let high = finite.length ? Math.max(...finite) : 1;
  if (fromZero) low = Math.min(low, 0);
  if (low === high) {
    const room = Math.abs(low) * 0.1 || 1;
    low = fromZero ? low : low - room;
    high += room;
  }
  const step = roundStep(high - low, count);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
  const start = first * step;
  const end = last * step;
  return { at: (value) => (value - start) / (end - start), ticks };
}

const RATIO_TICKS = [1 / 4, 1 / 2, 1, 2, 4];

/** Return a logarithmic scale around 1, by which half and twice are equally far from it. */
export function ratioScale(widest = 4): Scale {
  const reach = Math.log(widest);
  const inReach = (tick: number) => Math.abs(Math.log(tick)) <= reach + 1e-9;
  return {
    at: (value) => (Math.log(value) / reach + 1) / 2,
    ticks: RATIO_TICKS.filter(inReach),
  };
}

/** Bring a place into the chart. */
export function clampPlace(place: number): number {
  return Math.min(Math.max(place, 0), 1);
}

/** What part of the plane of the map is seen, and how large. */

/** A point of the plane (x, y) is shown at (k·x + view.x, k·y + view.y), in pixels. */
export interface View {
  k: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** How far one can zoom in, as a multiple of the scale that shows the whole study. */
export const MOST_ZOOM = 60;
export const LEAST_ZOOM = 0.3;

/** Pixels that stay free round the study when all of it is shown. */
const MARGIN = 24;

/** Return the view that shows a box as large as it goes, in the middle. */
export function fitBox(box: Box, size: Size): View {
  const width = Math.max(box.right - box.left, 1e-9);
  const height = Math.max(box.bottom - box.top, 1e-9);
  const k = Math.min(
    Math.max(size.width - 2 * MARGIN, 1) / width,
    Math.max(size.height - 2 * MARGIN, 1) / height,
  );
  return centred((box.left + box.right) / 2, (box.top + box.bottom) / 2, k, size);
}

/**
 * Return the view that shows the home box as large as it goes; of the room that is left beside
 * it, the part that holds most of the other places.
 */
export function fitHome(
  { home, places }: { home: Box; places: readonly (readonly [number, number])[] },
  size: Size,
): View {
  const { k } = fitBox(home, size);
  const along = (axis: 0 | 1) => places.map((place) => place[axis]);
  const x = fullest(along(0), home.left, home.right, size.width / k, MARGIN / k);
  const y = fullest(along(1), home.top, home.bottom, size.height / k, MARGIN / k);
  return centred(x, y, k, size);
}

/** Return the middle of the stretch round low..high that has most values, these in its middle. */
function fullest(
  values: readonly number[],
  low: number,
  high: number,
  length: number,
  margin: number,
): number {
  const middle = (low + high) / 2;
  const slack = Math.max((length - (high - low)) / 2 - margin, 0);
  const reach = length / 2 - margin;
  const held = (centre: number) =>
    values.filter((value) => Math.abs(value - centre) <= reach + 1e-9).length;
  const limits = [middle - slack, middle + slack];
  const centres = values
    .flatMap((value) => [value - reach, value + reach])
    .filter((centre) => Math.abs(centre - middle) <= slack)
    .concat(limits);
  const most = Math.max(held(middle), ...centres.map(held));
  const best = centres.filter((centre) => held(centre) === most);
  // Between the first and the last of them the values that are held are in the middle.
  const central = (Math.min(...best) + Math.max(...best)) / 2;
  return held(central) === most ? central : middle;
}

/** Return the view of scale `k` that has a point of the plane in the middle. */
export function centred(x: number, y: number, k: number, size: Size): View {
  return { k, x: size.width / 2 - k * x, y: size.height / 2 - k * y };
}

/** Return the part of the plane that is seen. */
export function visible(view: View, size: Size): Box {
  return {
    left: -view.x / view.k,
    top: -view.y / view.k,
    right: (size.width - view.x) / view.k,
    bottom: (size.height - view.y) / view.k,
  };
}

/** Return the view on the way from one to another: `share` 0 is the start, 1 the end. */
export function between(from: View, to: View, share: number, size: Size): View {
  if (share >= 1) return to;
  const k = from.k * (to.k / from.k) ** share;
  const start = visible(from, size);
  const end = visible(to, size);
  const x = mix((start.left + start.right) / 2, (end.left + end.right) / 2, share);
  const y = mix((start.top + start.bottom) / 2, (end.top + end.bottom) / 2, share);
  return centred(x, y, k, size);
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/** Lines on the plane of the map: their points, what lies beside them and along them. */

import type { Box, View } from "./view";

/** A line as flat arrays, so that drawing and picking read memory in order. */
export interface Line {
  /** x, y of every point. */
  points: Float64Array;
  /** x, y of the vector to the right of the way at every point, for a distance of 1. */
  right: Float64Array;
  /** Length of the way to every point. */
  along: Float64Array;
  box: Box;
}

/** Sharp corners are cut where the offset line would be longer than this. */
const LONGEST_MITRE = 2;

const LINE_STRING = /^\s*LINESTRING\s*\(([^()]*)\)\s*$/i;

/** Return longitude and latitude of the points of a WKT LINESTRING, or null if it is none. */
export function parseLineString(wkt: string): [number, number][] | null {
  const inner = LINE_STRING.exec(wkt)?.[1];
  if (inner === undefined) return null;
  const points = inner.split(",").map((pair) => pair.trim().split(/\s+/).map(Number));
  const valid =
    points.length >= 2 && points.every((p) => p.length >= 2 && p.every(Number.isFinite));
  return valid ? points.map((p) => [p[0] as number, p[1] as number]) : null;
}

/** Return a line through points of the plane; points that fall together count once. */
export function makeLine(points: readonly (readonly [number, number])[]): Line {
  const kept = points.filter((point, i) => {
    const before = points[i - 1];
    return !before || before[0] !== point[0] || before[1] !== point[1];
  });
  const flat = Float64Array.from(kept.flat());
  return { points: flat, right: rightOf(flat), along: lengthsOf(flat), box: boxOf(flat) };
}

function boxOf(points: Float64Array): Box {
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  return {
    left: Math.min(...xs),
    top: Math.min(...ys),
    right: Math.max(...xs),
    bottom: Math.max(...ys),
  };
}

function lengthsOf(points: Float64Array): Float64Array {
  const along = new Float64Array(points.length / 2);
  for (let i = 1; i < along.length; i++) {
    const dx = at(points, 2 * i) - at(points, 2 * i - 2);
    const dy = at(points, 2 * i + 1) - at(points, 2 * i - 1);
    along[i] = at(along, i - 1) + Math.hypot(dx, dy);
  }
  return along;
}

/** Vectors to the right of the way (y grows downwards), mitred where the way turns. */
function rightOf(points: Float64Array): Float64Array {
  const count = points.length / 2;
  const right = new Float64Array(points.length);
  for (let i = 0; i < count; i++) {
    const before = heading(points, Math.max(i - 1, 0));
    const after = heading(points, Math.min(i, count - 2));
    const sum = [before[0] + after[0], before[1] + after[1]] as const;
    const square = sum[0] ** 2 + sum[1] ** 2;
    const factor = square > 0 ? Math.min(2 / square, LONGEST_MITRE / Math.sqrt(square)) : 0;
    right[2 * i] = -sum[1] * factor;
    right[2 * i + 1] = sum[0] * factor;
  }
  return right;
}

/** Direction of the way from a point to the next, of length 1. */
function heading(points: Float64Array, from: number): [number, number] {
  if (from < 0 || 2 * from + 3 >= points.length) return [0, 0];
  const dx = at(points, 2 * from + 2) - at(points, 2 * from);
  const dy = at(points, 2 * from + 3) - at(points, 2 * from + 1);
  const length = Math.hypot(dx, dy);
  return length > 0 ? [dx / length, dy / length] : [0, 0];
}

/** Number of an array; the index is known to lie in it. */
function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}

/**
 * Write the place at a share (0 to 1) of a line to `into`: x, y, and the heading's x and y.
 * With `reversed` the line is travelled from its end.
 */
export function placeAlong(line: Line, share: number, reversed: boolean, into: Float64Array): void {
  const { points, along } = line;
  const last = along.length - 1;
  const length = at(along, last);
  const wanted = Math.min(Math.max(reversed ? 1 - share : share, 0), 1) * length;
  let i = 1;
  while (i < last && at(along, i) < wanted) i++;
  if (last < 1) {
    into.set([at(points, 0), at(points, 1), 1, 0]);
    return;
  }
  const part = (wanted - at(along, i - 1)) / (at(along, i) - at(along, i - 1));
  const [x0, y0] = [at(points, 2 * i - 2), at(points, 2 * i - 1)];
  const [dx, dy] = [at(points, 2 * i) - x0, at(points, 2 * i + 1) - y0];
  const size = (reversed ? -1 : 1) * Math.hypot(dx, dy);
  into[0] = x0 + dx * part;
  into[1] = y0 + dy * part;
  into[2] = dx / size;
  into[3] = dy / size;
}

/**
 * Write a line as the view shows it to `into`, `offset` pixels to the right of its way, and
 * return its number of points.
 */
export function placeLine(line: Line, view: View, offset: number, into: Float64Array): number {
  const { points, right } = line;
  for (let i = 0; i < points.length; i += 2) {
    into[i] = at(points, i) * view.k + view.x + at(right, i) * offset;
    into[i + 1] = at(points, i + 1) * view.k + view.y + at(right, i + 1) * offset;
  }
  return points.length / 2;
}

/** Return the square of the distance from a point to the stretch from a to b. */
export function squareToStretch(
  x: number,
  y: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): number {
  const dx = bx - ax;
  const dy = by - ay;
  const square = dx * dx + dy * dy;
  const share = square > 0 ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / square, 0), 1) : 0;
  return (x - ax - share * dx) ** 2 + (y - ay - share * dy) ** 2;
}

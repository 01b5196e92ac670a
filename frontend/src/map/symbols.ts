/** Symbols of places by their kind. */

import type { Paint, Painter } from "./painter";

export interface SymbolStyle {
  /** Half of its size, in pixels. */
  radius: number;
  /** Corners round the middle, in radii; none: a circle. */
  corners: readonly number[];
  /** Only an outline. */
  hollow: boolean;
  /** Shown from this scale on (1: the study is 1000 pixels wide), unless much passes there. */
  from: number;
}

const SQUARE = [-0.85, -0.85, 0.85, -0.85, 0.85, 0.85, -0.85, 0.85];
const DIAMOND = [0, -1.15, 1.15, 0, 0, 1.15, -1.15, 0];
const TRIANGLE = [0, -1.1, 1, 0.75, -1, 0.75];
const TRIANGLE_DOWN = [0, 1.1, 1, -0.75, -1, -0.75];
const HOURGLASS = [-0.9, -1, 0.9, -1, 0.18, 0, 0.9, 1, -0.9, 1, -0.18, 0];

/** Kinds in the order of the legend. */
export const SYMBOLS: Record<string, SymbolStyle> = {
  port: { radius: 3.4, corners: [], hollow: false, from: 0.7 },
  border_crossing: { radius: 3.2, corners: DIAMOND, hollow: false, from: 1.7 },
  terminal: { radius: 3.2, corners: SQUARE, hollow: false, from: 0.7 },
  station: { radius: 2.6, corners: SQUARE, hollow: true, from: 1.7 },
  city: { radius: 3, corners: [], hollow: true, from: 0.7 },
  chokepoint: { radius: 3.8, corners: HOURGLASS, hollow: false, from: 0.5 },
  field: { radius: 3.4, corners: TRIANGLE, hollow: false, from: 0.7 },
  mine: { radius: 3.4, corners: TRIANGLE, hollow: true, from: 0.7 },
  plant: { radius: 3.2, corners: TRIANGLE_DOWN, hollow: false, from: 1.7 },
  junction: { radius: 1.6, corners: [], hollow: false, from: 2.8 },
};

const UNKNOWN = SYMBOLS.junction as SymbolStyle;

export function symbolOf(kind: string): SymbolStyle {
  return SYMBOLS[kind] ?? UNKNOWN;
}

/** Draw the symbol of a kind. */
export function drawSymbol(
  painter: Painter,
  kind: string,
  x: number,
  y: number,
  scale: number,
  colours: { ink: string; ground: string },
): void {
  const { radius, corners, hollow } = symbolOf(kind);
  const size = radius * scale;
  const paint: Paint = hollow
    ? { fill: colours.ground, stroke: { colour: colours.ink, width: 1.3 } }
    : { fill: colours.ink, stroke: { colour: colours.ground, width: 1 } };
  if (corners.length === 0) painter.circle(x, y, size, paint);
  else
    painter.polygon(
      corners.map((corner, i) => corner * size + (i % 2 === 0 ? x : y)),
      paint,
    );
}

/** What the map is drawn with: a canvas on the screen, SVG for pictures, both the same way. */

import type { View } from "./view";

export interface Stroke {
  colour: string;
  width: number;
  dash?: readonly number[];
}

export interface Paint {
  fill?: string;
  stroke?: Stroke;
}

export interface Lettering {
  colour: string;
  /** Drawn round the letters, so that they can be read over lines. */
  halo: string;
  size: number;
  bold?: boolean;
  /** Letters are set apart by this many pixels: names of countries. */
  spacing?: number;
  align: "start" | "middle" | "end";
}

export interface Painter {
  /** An outline on the plane, shown by the view; strokes keep their width on the screen. */
  outline(path: string, view: View, paint: Paint): void;
  /** The same, filled with slanting lines. */
  hatch(path: string, view: View, colour: string): void;
  /** A line through the first `count` pairs of x, y, in pixels. */
  line(points: ArrayLike<number>, count: number, stroke: Stroke): void;
  /** A closed shape, in pixels. */
  polygon(points: readonly number[], paint: Paint): void;
  circle(x: number, y: number, radius: number, paint: Paint): void;
  /** Many dots of the same kind, at the first `count` pairs of x, y, in pixels. */
  dots(points: ArrayLike<number>, count: number, radius: number, colour: string): void;
  text(text: string, x: number, y: number, lettering: Lettering): void;
}

export const HATCH_DISTANCE = 7;
export const HATCH_WIDTH = 1.6;

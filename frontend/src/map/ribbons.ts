/** Streams as ribbons: how wide they are, and how far beside the course of their link. */

import type { Stream } from "./flows";
import type { Layout } from "./layout";

/** Width of the largest stream, and the least of any, in pixels at the scale of 1. */
const MOST_WIDTH = 11;
const LEAST_WIDTH = 0.8;
/** Space between the course and the ribbons on its sides. */
const GAP = 0.4;
/** Ribbons widen with the scale, but by less than it lengthens them; on small maps they narrow. */
const WIDENING = 0.35;
const NARROWING = 0.7;
const MOST_WIDENING = 2.2;
const LEAST_WIDENING = 0.2;

export interface Ribbon {
  stream: Stream;
  /** Pixels. */
  width: number;
  /** Pixels from the course to the middle of the ribbon, to the right of the link's own way. */
  offset: number;
}

/** Return the width of a volume; it grows with the root, so that small flows can be seen. */
export function widthOf(volume: number, most: number): number {
  if (most <= 0) return LEAST_WIDTH;
  return Math.max(LEAST_WIDTH, MOST_WIDTH * Math.sqrt(Math.abs(volume) / most));
}

/** Return by how much ribbons are widened at a scale; 1 where the study is 1000 pixels wide. */
export function widening(k: number): number {
  const factor = k ** (k < 1 ? NARROWING : WIDENING);
  return Math.min(MOST_WIDENING, Math.max(LEAST_WIDENING, factor));
}

/** Return a volume rounded up to 1, 2 or 5 times a power of ten. */
export function roundVolume(volume: number): number {
  if (volume <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(volume));
  return ([1, 2, 5, 10].find((step) => step * power >= volume * (1 - 1e-9)) ?? 10) * power;
}

/** Lay streams side by side: who travels keeps to the right, the largest next to the middle. */
export function layRibbons(streams: Stream[], layout: Layout, most: number): Ribbon[] {
  const taken = new Map<string, number>();
  const sorted = [...streams].sort((a, b) => Math.abs(b.volume) - Math.abs(a.volume));
  return sorted.map((stream) => {
    const link = layout.links[stream.link] as Layout["links"][number];
    const start = stream.reversed ? link.to : link.from;
    const side = `${link.bundle} ${start}`;
    const inner = taken.get(side) ?? GAP;
    const width = widthOf(stream.volume, most);
    taken.set(side, inner + width);
    const offset = inner + width / 2;
    return { stream, width, offset: stream.reversed ? -offset : offset };
  });
}

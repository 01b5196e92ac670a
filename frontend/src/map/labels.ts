/** Names on the map: those of the most important places that fit without touching. */

import type { Box } from "./view";

export interface LabelWish {
  text: string;
  /** Pixels; the mark that is named. */
  x: number;
  y: number;
  /** Space that the mark itself takes. */
  radius: number;
  size: number;
  /** The most important ones are placed first. */
  importance: number;
  /** Written over the point itself and not beside it: names of countries. */
  over?: boolean;
}

export interface Label<Wish extends LabelWish = LabelWish> {
  wish: Wish;
  /** From the mark to the text's anchor. */
  dx: number;
  dy: number;
  align: "start" | "middle" | "end";
}

const AWAY = 3;
const AIR = 2;
/** Height of a line of text, as a multiple of the letters' size. */
const LINE = 1.15;

interface Position {
  dx: number;
  dy: number;
  align: "start" | "middle" | "end";
}

function positionsOf({ radius, size, over }: LabelWish): Position[] {
  if (over) return [{ dx: 0, dy: 0, align: "middle" }];
  const side = radius + AWAY;
  const height = radius + AWAY + size / 2;
  return [
    { dx: side, dy: 0, align: "start" },
    { dx: -side, dy: 0, align: "end" },
    { dx: 0, dy: -height, align: "middle" },
    { dx: 0, dy: height, align: "middle" },
  ];
}

function boxAt(wish: LabelWish, width: number, { dx, dy, align }: Position): Box {
  const x = wish.x + dx;
  const left = align === "start" ? x : align === "end" ? x - width : x - width / 2;
  const half = (wish.size * LINE) / 2;
  const y = wish.y + dy;
  return { left: left - AIR, top: y - half, right: left + width + AIR, bottom: y + half };
}

export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function within(inner: Box, outer: Box): boolean {
  return (
    inner.left >= outer.left &&
    inner.right <= outer.right &&
    inner.top >= outer.top &&
    inner.bottom <= outer.bottom
  );
}

/**
 * Choose labels and where they stand, at most so many. `measure` gives the width of a text in
 * pixels; `taken` are boxes to keep free.
 */
export function placeLabels<Wish extends LabelWish>(
  wishes: readonly Wish[],
  measure: (wish: Wish) => number,
  bounds: Box,
  most: number,
  taken: readonly Box[] = [],
): Label<Wish>[] {
  const boxes = [...taken];
  const labels: Label<Wish>[] = [];
  const sorted = [...wishes].sort((a, b) => b.importance - a.importance);
  for (const wish of sorted) {
    if (labels.length >= most) break;
    const width = measure(wish);
    for (const position of positionsOf(wish)) {
      const box = boxAt(wish, width, position);
      if (!within(box, bounds) || boxes.some((other) => overlap(box, other))) continue;
      boxes.push(box);
      labels.push({ wish, ...position });
      break;
    }
  }
  return labels;
}

/** What lies under the pointer. */

import type { Selection } from "../state";
import { isShown, screenPlace } from "./draw";
import { placeLine, squareToStretch } from "./geometry";
import { widening } from "./ribbons";
import type { Scene } from "./scene";
import type { View } from "./view";

/** Pixels from the pointer within which things are found. */
const NODE_REACH = 8;
const LINK_REACH = 6;

/** Return the place, else the link, nearest to a point of the screen and within reach. */
export function pick(scene: Scene, view: View, x: number, y: number): Selection | null {
  const node = pickNode(scene, view, x, y);
  if (node !== null) return { kind: "node", id: scene.layout.nodes[node]?.id ?? "" };
  const link = pickLink(scene, view, x, y);
  return link === null ? null : { kind: "link", id: scene.layout.links[link]?.id ?? "" };
}

function pickNode(scene: Scene, view: View, x: number, y: number): number | null {
  let best: number | null = null;
  let least = NODE_REACH;
  for (const [i, node] of scene.layout.nodes.entries()) {
    if (!isShown(node, scene.importance[i] as number, view.k)) continue;
    const place = screenPlace(scene, view, i);
    const distance = Math.hypot(place.x - x, place.y - y);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

function pickLink(scene: Scene, view: View, x: number, y: number): number | null {
  const factor = widening(view.k);
  let best: number | null = null;
  let least = LINK_REACH;
  const consider = (link: number, offset: number, width: number) => {
    const distance = distanceTo(scene, view, link, offset, x, y) - width / 2;
    if (distance < least) [best, least] = [link, distance];
  };
  for (const { stream, offset, width } of scene.ribbons) {
    consider(stream.link, offset * factor, width * factor);
  }
  for (const link of scene.idle) consider(link, 0, 1);
  return best;
}

/** Lines whose box is farther than this from the pointer are not looked at closely. */
const FAR = 60;

let points = new Float64Array(512);

function distanceTo(
  scene: Scene,
  view: View,
  link: number,
  offset: number,
  x: number,
  y: number,
): number {
  const line = scene.layout.links[link]?.line;
  if (!line) return Infinity;
  const planeX = (x - view.x) / view.k;
  const planeY = (y - view.y) / view.k;
  const far = FAR / view.k;
  const { left, right, top, bottom } = line.box;
  if (planeX < left - far || planeX > right + far) return Infinity;
  if (planeY < top - far || planeY > bottom + far) return Infinity;
  if (line.points.length > points.length) points = new Float64Array(2 * line.points.length);
  const count = placeLine(line, view, offset, points);
  let least = Infinity;
  for (let i = 2; i < 2 * count; i += 2) {
    const [ax, ay] = [points[i - 2] as number, points[i - 1] as number];
    const [bx, by] = [points[i] as number, points[i + 1] as number];
    least = Math.min(least, squareToStretch(x, y, ax, ay, bx, by));
  }
  return Math.sqrt(least);
}

/** Drawing the map in layers: the ground, marks on it, and what is pointed at. */

import { countryName } from "../i18n";
import type { Selection } from "../state";
import { placeLine } from "./geometry";
import { type Label, type LabelWish, placeLabels } from "./labels";
import { type MapNode, nameOnMap } from "./layout";
import type { Lettering, Painter, Stroke } from "./painter";
import type { PageColours } from "./palette";
import { widening } from "./ribbons";
import { dashOf, type Scene } from "./scene";
import { drawSymbol, symbolOf } from "./symbols";
import { type Box, type Size, type View, visible } from "./view";

/** Ribbons from this width on get a thin edge, which keeps crossing ones apart. */
const EDGED_WIDTH = 2.5;
const EDGE = 0.8;
/** Places that matter this much are shown, and named, from the smallest scale on. */
const IMPORTANT = 0.12;
const LETTERS = 11;
const COUNTRY_LETTERS = 10;
/** One label for so many square pixels, at most. */
const PIXELS_PER_LABEL = 15_000;

let points = new Float64Array(512);

/** Draw one link, `offset` pixels to the right of its way. */
export function drawLink(
  painter: Painter,
  scene: Scene,
  view: View,
  link: number,
  offset: number,
  stroke: Stroke,
): void {
  const line = scene.layout.links[link]?.line;
  if (!line) return;
  if (line.points.length > points.length) points = new Float64Array(2 * line.points.length);
  painter.line(points, placeLine(line, view, offset, points), stroke);
}

function inSight(box: Box, seen: Box): boolean {
  return (
    box.left <= seen.right &&
    box.right >= seen.left &&
    box.top <= seen.bottom &&
    box.bottom >= seen.top
  );
}

/** Draw land, boundaries, avoided countries and everything that flows. */
export function drawGround(painter: Painter, scene: Scene, view: View, size: Size): void {
  const { colours, base } = scene;
  const { width, height } = size;
  painter.polygon([0, 0, width, 0, width, height, 0, height], { fill: colours.water });
  if (base) {
    painter.outline(base.land, view, {
      fill: colours.land,
      stroke: { colour: colours.landLine, width: 0.8 },
    });
    for (const { outline } of scene.closed) painter.hatch(outline(), view, closedHatch(colours));
    for (const { outline } of scene.avoided) painter.hatch(outline(), view, avoidedHatch(colours));
    painter.outline(base.borders, view, { stroke: { colour: colours.landLine, width: 0.8 } });
  }
  drawFlows(painter, scene, view, size);
}

/** What the scenario under work closes is hatched more strongly than what was closed before. */
export function avoidedHatch({ bad }: PageColours): string {
  return `${bad}77`;
}

export function closedHatch({ inkSoft }: PageColours): string {
  return `${inkSoft}40`;
}

function drawFlows(painter: Painter, scene: Scene, view: View, size: Size): void {
  const factor = widening(view.k);
  const seen = visible(view, size);
  const boxOf = (link: number) => scene.layout.links[link]?.line.box as Box;
  for (const link of scene.idle) {
    if (!inSight(boxOf(link), seen)) continue;
    const dash = dashOf(scene.layout.links[link]?.mode ?? "");
    drawLink(painter, scene, view, link, 0, { colour: scene.colours.landLine, width: 1, dash });
  }
  for (const { stream, width, offset, colour, dash } of scene.ribbons) {
    if (!inSight(boxOf(stream.link), seen)) continue;
    if (width * factor >= EDGED_WIDTH) {
      drawLink(painter, scene, view, stream.link, offset * factor, {
        colour: scene.colours.land,
        width: width * factor + 2 * EDGE,
      });
    }
    const stroke = { colour, width: width * factor, dash };
    drawLink(painter, scene, view, stream.link, offset * factor, stroke);
  }
}

/** Whether a place is shown at a scale; at 1 the study is 1000 pixels wide. */
export function isShown(node: MapNode, importance: number, k: number): boolean {
  return k >= symbolOf(node.kind).from || importance * k >= IMPORTANT;
}

/** Symbols are small where all of the study is seen. */
function symbolScale(k: number): number {
  return Math.min(1.5, Math.max(0.6, 0.75 * k ** 0.3));
}

export interface PlaceWish extends LabelWish {
  /** On the plane, so that the name can be moved with the map. */
  place: { x: number; y: number };
  country: boolean;
}

/** Choose the names to be written at a view. */
export function chooseLabels(
  scene: Scene,
  view: View,
  size: Size,
  measure: (text: string, lettering: Lettering) => number,
): Label<PlaceWish>[] {
  const wishes = [...placeWishes(scene, view, size), ...countryWishes(scene, view, size)];
  const bounds = { left: 4, top: 4, right: size.width - 4, bottom: size.height - 4 };
  const most = (size.width * size.height) / PIXELS_PER_LABEL;
  const widthOf = (wish: PlaceWish) => measure(wish.text, letteringOf(scene, wish, "start"));
  return placeLabels(wishes, widthOf, bounds, most);
}

function placeWishes(scene: Scene, view: View, size: Size): PlaceWish[] {
  const seen = visible(view, size);
  const scale = symbolScale(view.k);
  return scene.layout.nodes.flatMap((node, i) => {
    const { x, y } = node;
    const importance = scene.importance[i] as number;
    if (!inSight({ left: x, top: y, right: x, bottom: y }, seen)) return [];
    if (!isShown(node, importance, view.k)) return [];
    return {
      text: nameOnMap(node.name),
      x: x * view.k + view.x,
      y: y * view.k + view.y,
      radius: symbolOf(node.kind).radius * scale,
      size: LETTERS,
      importance: importance + (node.kind === "junction" ? 0 : 0.05),
      place: { x, y },
      country: false,
    };
  });
}

/** Share of the picture that a country takes before its name is written. */
const COUNTRY_SHARE = 0.004;

function countryWishes(scene: Scene, view: View, size: Size): PlaceWish[] {
  const countries = scene.base?.countries ?? [];
  return countries.flatMap(({ code, middle: middleOf }) => {
    if (!code || !scene.layout.countries.has(code)) return [];
    const middle = middleOf();
    if (!middle) return [];
    const share = (middle.area * view.k ** 2) / (size.width * size.height);
    if (share < COUNTRY_SHARE) return [];
    return {
      text: countryName(code).toLocaleUpperCase(),
      x: middle.x * view.k + view.x,
      y: middle.y * view.k + view.y,
      radius: 0,
      size: COUNTRY_LETTERS,
      importance: view.k < 5 ? 0.3 : 0.02,
      over: true,
      place: middle,
      country: true,
    };
  });
}

function letteringOf(scene: Scene, wish: PlaceWish, align: Lettering["align"]): Lettering {
  const { ink, inkSoft, land } = scene.colours;
  return wish.country
    ? { colour: inkSoft, halo: land, size: wish.size, spacing: 1.5, align }
    : { colour: ink, halo: land, size: wish.size, align };
}

/** Draw queues and places. */
export function drawMarks(painter: Painter, scene: Scene, view: View, size: Size): void {
  const scale = symbolScale(view.k);
  const colours = { ink: scene.colours.ink, ground: scene.colours.land };
  for (const { node, radius, colour } of scene.rings) {
    const { x, y } = screenPlace(scene, view, node);
    painter.circle(x, y, radius, { fill: `${colour}33`, stroke: { colour, width: 2 } });
  }
  for (const [i, node] of scene.layout.nodes.entries()) {
    if (!isShown(node, scene.importance[i] as number, view.k)) continue;
    const { x, y } = screenPlace(scene, view, i);
    if (x < -9 || y < -9 || x > size.width + 9 || y > size.height + 9) continue;
    drawSymbol(painter, node.kind, x, y, scale, colours);
  }
}

/** Draw names, over everything else: lines and dots would make them illegible. */
export function drawNames(
  painter: Painter,
  scene: Scene,
  view: View,
  labels: readonly Label<PlaceWish>[],
): void {
  for (const { wish, dx, dy, align } of labels) {
    const x = wish.place.x * view.k + view.x + dx;
    const y = wish.place.y * view.k + view.y + dy;
    painter.text(wish.text, x, y, letteringOf(scene, wish, align));
  }
}

export function screenPlace(scene: Scene, view: View, node: number): { x: number; y: number } {
  const { x, y } = scene.layout.nodes[node] as MapNode;
  return { x: x * view.k + view.x, y: y * view.k + view.y };
}

/** Draw what is pointed at or selected so that it stands out. */
export function drawHighlight(
  painter: Painter,
  scene: Scene,
  view: View,
  selection: Selection,
  strong: boolean,
): void {
  const { accent, panel } = scene.colours;
  const width = strong ? 2.5 : 1.5;
  const link = scene.layout.linkIndex.get(selection.id);
  const node = scene.layout.nodeIndex.get(selection.id);
  if (selection.kind === "link" && link !== undefined) {
    drawLink(painter, scene, view, link, 0, { colour: panel, width: width + 3 });
    drawLink(painter, scene, view, link, 0, { colour: accent, width });
  } else if (selection.kind === "node" && node !== undefined) {
    const { x, y } = screenPlace(scene, view, node);
    painter.circle(x, y, 8, { stroke: { colour: panel, width: width + 3 } });
    painter.circle(x, y, 8, { stroke: { colour: accent, width } });
  } else if (selection.kind === "country") {
    const country = scene.base?.countries.find(({ code }) => code === selection.id);
    if (country) {
      painter.outline(country.outline(), view, { stroke: { colour: accent, width: width - 0.5 } });
    }
  }
}

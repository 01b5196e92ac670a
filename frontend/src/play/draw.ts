/** Drawing the simulated year: what moves, what waits and what is shut. */

import type { PlaybackFrames } from "../data/model";
import { screenPlace } from "../map/draw";
import type { Layout } from "../map/layout";
import type { Painter } from "../map/painter";
import { corridorColour, type PageColours } from "../map/palette";
import type { Scene } from "../map/scene";
import type { Size, View } from "../map/view";
import {
  type Closure,
  type Movements,
  makePlaces,
  nodeQueues,
  type Places,
  placedClosures,
  placesAt,
  type Queues,
  shipmentMovements,
  vesselMovements,
  type Watched,
  waitingAt,
} from "./movements";

/** A playback made ready for drawing. */
export interface Stage {
  shipments: Movements;
  shipmentPlaces: Places;
  vessels: Movements;
  vesselPlaces: Places;
  queues: Queues;
  closures: Closure[];
}

export function makeStage(playback: PlaybackFrames, layout: Layout, watched: Watched): Stage {
  const shipments = shipmentMovements(playback.movements, layout, watched);
  const vessels = vesselMovements(playback.voyages, layout);
  return {
    shipments,
    shipmentPlaces: makePlaces(shipments),
    vessels,
    vesselPlaces: makePlaces(vessels),
    queues: nodeQueues(playback.queues, layout, playback.days),
    closures: placedClosures(playback.closures, layout),
  };
}

/** Pixels: dots of shipments, and how far to the right of the course they travel. */
export const DOT = 2.1;
const ASIDE = 2.6;
const VESSEL = 6.5;
const MOST_QUEUE = 26;
const LEAST_QUEUE = 3;
/** Only what is this near to the picture is drawn, in pixels. */
const EDGE = 10;

/** Draw the playback at an hour. */
export function drawStage(
  painter: Painter,
  scene: Scene,
  view: View,
  size: Size,
  stage: Stage,
  hour: number,
  corridorNumbers: ReadonlyMap<string, number>,
): void {
  drawQueues(painter, scene, view, stage, hour);
  drawVessels(painter, scene, view, size, stage, hour);
  drawShipments(painter, scene, view, size, stage, hour, corridorNumbers);
  drawClosures(painter, scene, view, stage, hour);
}

function drawQueues(
  painter: Painter,
  scene: Scene,
  view: View,
  { queues }: Stage,
  hour: number,
): void {
  const { bad } = scene.colours;
  for (const [node, waiting] of queues.waiting) {
    const shipments = waitingAt(waiting, hour);
    if (shipments <= 0) continue;
    const { x, y } = screenPlace(scene, view, node);
    drawQueue(painter, x, y, queueRadius(shipments, queues.most), bad);
  }
}

/** Return the radius of the ring round a queue: its area is as the number of shipments. */
export function queueRadius(shipments: number, most: number): number {
  return Math.max(LEAST_QUEUE, MOST_QUEUE * Math.sqrt(shipments / most));
}

export function drawQueue(
  painter: Painter,
  x: number,
  y: number,
  radius: number,
  colour: string,
): void {
  painter.circle(x, y, radius, { fill: `${colour}44`, stroke: { colour, width: 1.5 } });
}

function isSeen(x: number, y: number, size: Size): boolean {
  return x > -EDGE && y > -EDGE && x < size.width + EDGE && y < size.height + EDGE;
}

/** Vessels are small where all of the study is seen: their hulls would lie on one another. */
export function vesselScale(k: number): number {
  return Math.min(1.2, Math.max(0.5, 0.5 * k ** 0.6));
}

/** Vessels point where they go; how full they are is how much of them is filled. */
function drawVessels(
  painter: Painter,
  scene: Scene,
  view: View,
  size: Size,
  stage: Stage,
  hour: number,
): void {
  const places = placesAt(stage.vessels, scene.layout, hour, stage.vesselPlaces);
  const scale = vesselScale(view.k);
  for (let i = 0; i < places.count; i++) {
    if (places.moving[i] === 0) continue;
    const x = (places.x[i] as number) * view.k + view.x;
    const y = (places.y[i] as number) * view.k + view.y;
    if (!isSeen(x, y, size)) continue;
    const heading: [number, number] = [places.headingX[i] as number, places.headingY[i] as number];
    const load = stage.vessels.load[places.movement[i] as number] as number;
    drawHull(painter, x, y, heading, scale, load, scene.colours);
  }
}

export function drawHull(
  painter: Painter,
  x: number,
  y: number,
  [dx, dy]: readonly [number, number],
  scale: number,
  load: number,
  { ink, panel }: PageColours,
): void {
  const hull = { fill: panel, stroke: { colour: ink, width: Math.min(1.2, 1.4 * scale) } };
  painter.polygon(hullAt(x, y, dx, dy, scale), hull);
  const cargo = scale * Math.sqrt(load) * 0.85;
  if (load > 0) painter.polygon(hullAt(x, y, dx, dy, cargo), { fill: ink });
}

/** A pointed hull round a point, along a heading. */
function hullAt(x: number, y: number, dx: number, dy: number, scale: number): number[] {
  const length = VESSEL * scale;
  const width = 0.42 * length;
  const corner = (along: number, across: number) => [
    x + dx * along * length - dy * across * width,
    y + dy * along * length + dx * across * width,
  ];
  return [
    ...corner(1, 0),
    ...corner(0.35, 1),
    ...corner(-1, 1),
    ...corner(-1, -1),
    ...corner(0.35, -1),
  ];
}

let points = new Float64Array(2048);

function drawShipments(
  painter: Painter,
  scene: Scene,
  view: View,
  size: Size,
  stage: Stage,
  hour: number,
  corridorNumbers: ReadonlyMap<string, number>,
): void {
  const { shipments } = stage;
  const places = placesAt(shipments, scene.layout, hour, stage.shipmentPlaces);
  if (points.length < 2 * places.count) points = new Float64Array(4 * places.count);
  for (const [code, corridor] of [...shipments.corridors.entries(), [-1, ""] as const]) {
    const count = collect(places, shipments, code, view, size);
    const colour = corridorColour(corridorNumbers.get(corridor), scene.colours.theme);
    if (count > 0) painter.dots(points, count, DOT, colour);
  }
}

/** Write the places of a corridor's moving shipments to `points`, and return their number. */
function collect(
  places: Places,
  movements: Movements,
  corridor: number,
  view: View,
  size: Size,
): number {
  let count = 0;
  for (let i = 0; i < places.count; i++) {
    if (places.moving[i] === 0) continue;
    if (movements.corridor[places.movement[i] as number] !== corridor) continue;
    const x = (places.x[i] as number) * view.k + view.x - (places.headingY[i] as number) * ASIDE;
    const y = (places.y[i] as number) * view.k + view.y + (places.headingX[i] as number) * ASIDE;
    if (!isSeen(x, y, size)) continue;
    points[2 * count] = x;
    points[2 * count + 1] = y;
    count++;
  }
  return count;
}

/** What is shut has a cross. */
function drawClosures(
  painter: Painter,
  scene: Scene,
  view: View,
  { closures }: Stage,
  hour: number,
): void {
  const shut = closures.filter(({ fromH, untilH }) => fromH <= hour && hour < untilH);
  for (const closure of shut) {
    drawClosed(painter, closure.x * view.k + view.x, closure.y * view.k + view.y, scene.colours);
  }
}

export function drawClosed(
  painter: Painter,
  x: number,
  y: number,
  { bad, panel }: PageColours,
): void {
  painter.circle(x, y, 7, { fill: panel, stroke: { colour: bad, width: 1.5 } });
  painter.line([x - 3.5, y - 3.5, x + 3.5, y + 3.5], 2, { colour: bad, width: 2 });
  painter.line([x - 3.5, y + 3.5, x + 3.5, y - 3.5], 2, { colour: bad, width: 2 });
}

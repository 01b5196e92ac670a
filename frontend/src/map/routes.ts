/** The itineraries of an answered route question, on the map. */

import type { RouteAnswer, RouteItinerary, RoutePlace } from "../contract";
import { drawLink, screenPlace } from "./draw";
import type { Layout } from "./layout";
import type { Painter, Stroke } from "./painter";
import { wayColour } from "./palette";
import type { Scene } from "./scene";
import type { Box, View } from "./view";

/** Pixels. */
const WIDTH = 2;
const CHOSEN_WIDTH = 5;
const CASING = 3;
/** Itineraries that share a link are drawn so far apart, at most this many beside each other. */
const LANE = 3;
const MOST_LANES = 7;

/** A link of an itinerary, and whether it is travelled from its last node to its first. */
interface Step {
  link: number;
  reversed: boolean;
}

/** Draw all itineraries side by side, the chosen one strongly over them, and both ends. */
export function drawAnswer(
  painter: Painter,
  scene: Scene,
  view: View,
  answer: RouteAnswer,
  rank: number | null,
): void {
  const { ink, panel, theme } = scene.colours;
  const ways = answer.itineraries.map((itinerary) => stepsOf(itinerary, scene.layout));
  const lanes = lanesOf(ways);
  for (const [i, steps] of ways.entries()) {
    const stroke = { colour: wayColour(i, theme), width: WIDTH };
    for (const step of steps) {
      const users = lanes.get(step.link) ?? [];
      drawStep(painter, scene, view, step, laneOffset(users.indexOf(i), users.length), stroke);
    }
  }
  const chosen = answer.itineraries.findIndex((itinerary) => itinerary.rank === rank);
  for (const stroke of [
    { colour: panel, width: CHOSEN_WIDTH + CASING },
    { colour: wayColour(Math.max(chosen, 0), theme), width: CHOSEN_WIDTH },
  ]) {
    for (const step of ways[chosen] ?? []) drawStep(painter, scene, view, step, 0, stroke);
  }
  drawAccess(painter, scene, view, answer);
  for (const place of [answer.origin, answer.destination]) {
    const { x, y } = screenOf(scene, view, place);
    painter.circle(x, y, 6, { fill: panel, stroke: { colour: ink, width: 3 } });
  }
}

/** Return the part of the plane that an itinerary takes, with both ends of the question. */
export function boxOfItinerary(
  answer: RouteAnswer,
  itinerary: RouteItinerary,
  layout: Layout,
): Box {
  const ends = [answer.origin, answer.destination].map(({ longitude, latitude }) => {
    const [x, y] = layout.plane.project(longitude, latitude);
    return { left: x, right: x, top: y, bottom: y };
  });
  const lines = stepsOf(itinerary, layout).flatMap(
    ({ link }) => layout.links[link]?.line.box ?? [],
  );
  const boxes = [...ends, ...lines];
  return {
    left: Math.min(...boxes.map(({ left }) => left)),
    right: Math.max(...boxes.map(({ right }) => right)),
    top: Math.min(...boxes.map(({ top }) => top)),
    bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
  };
}

function stepsOf(itinerary: RouteItinerary, layout: Layout): Step[] {
  return itinerary.legs
    .flatMap((leg) => leg.course)
    .flatMap(({ link_id, to }) => {
      const link = layout.linkIndex.get(link_id ?? "");
      if (link === undefined) return [];
      return { link, reversed: layout.links[link]?.from === layout.nodeIndex.get(to ?? "") };
    });
}

/** Return which itineraries use each link, by their place in the answer. */
function lanesOf(ways: readonly Step[][]): Map<number, number[]> {
  const lanes = new Map<number, number[]>();
  for (const [i, steps] of ways.entries()) {
    for (const link of new Set(steps.map((step) => step.link))) {
      lanes.set(link, [...(lanes.get(link) ?? []), i]);
    }
  }
  return lanes;
}

function laneOffset(lane: number, lanes: number): number {
  const shown = Math.min(lanes, MOST_LANES);
  return ((lane % MOST_LANES) - (shown - 1) / 2) * LANE;
}

/** `offset` is in pixels to the right of the travel. */
function drawStep(
  painter: Painter,
  scene: Scene,
  view: View,
  { link, reversed }: Step,
  offset: number,
  stroke: Stroke,
): void {
  drawLink(painter, scene, view, link, reversed ? -offset : offset, stroke);
}

function screenOf(scene: Scene, view: View, place: RoutePlace): { x: number; y: number } {
  const [x, y] = scene.layout.plane.project(place.longitude, place.latitude);
  return { x: x * view.k + view.x, y: y * view.k + view.y };
}

/** Draw the ways between the places asked for and the network. */
function drawAccess(painter: Painter, scene: Scene, view: View, answer: RouteAnswer): void {
  for (const place of [answer.origin, answer.destination]) {
    const at = scene.layout.nodeIndex.get(place.node_id);
    if (place.access_km <= 0 || at === undefined) continue;
    const from = screenOf(scene, view, place);
    const to = screenPlace(scene, view, at);
    const stroke = { colour: scene.colours.ink, width: WIDTH, dash: [3, 3] };
    painter.line([from.x, from.y, to.x, to.y], 2, stroke);
  }
}

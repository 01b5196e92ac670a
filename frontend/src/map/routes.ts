/** The itineraries of an answered route question, on the map. */

import type { RouteAnswer, RouteItinerary, RoutePlace } from "../contract";
import { drawLink, screenPlace } from "./draw";
import type { Painter, Stroke } from "./painter";
import type { Scene } from "./scene";
import type { View } from "./view";

/** Draw all itineraries thinly, the chosen one over them, and both ends. */
export function drawAnswer(
  painter: Painter,
  scene: Scene,
  view: View,
  answer: RouteAnswer,
  rank: number | null,
): void {
  const { accent, inkSoft, panel } = scene.colours;
  const chosen = answer.itineraries.find((itinerary) => itinerary.rank === rank);
  for (const itinerary of answer.itineraries) {
    drawItinerary(painter, scene, view, answer, itinerary, { colour: inkSoft, width: 1.6 });
  }
  if (chosen) {
    drawItinerary(painter, scene, view, answer, chosen, { colour: panel, width: 7 });
    drawItinerary(painter, scene, view, answer, chosen, { colour: accent, width: 4 });
  }
  for (const place of [answer.origin, answer.destination]) {
    const { x, y } = screenOf(scene, view, place);
    painter.circle(x, y, 6, { fill: panel, stroke: { colour: accent, width: 3 } });
  }
}

function screenOf(scene: Scene, view: View, place: RoutePlace): { x: number; y: number } {
  const [x, y] = scene.layout.plane.project(place.longitude, place.latitude);
  return { x: x * view.k + view.x, y: y * view.k + view.y };
}

function drawItinerary(
  painter: Painter,
  scene: Scene,
  view: View,
  answer: RouteAnswer,
  itinerary: RouteItinerary,
  stroke: Stroke,
): void {
  for (const step of itinerary.legs.flatMap((leg) => leg.course)) {
    const link = scene.layout.linkIndex.get(step.link_id ?? "");
    if (link !== undefined) drawLink(painter, scene, view, link, 0, stroke);
  }
  for (const { place, node } of accessesOf(answer)) {
    const at = scene.layout.nodeIndex.get(node);
    if (at === undefined) continue;
    const from = screenOf(scene, view, place);
    const to = screenPlace(scene, view, at);
    const points = [from.x, from.y, to.x, to.y];
    painter.line(points, 2, { ...stroke, dash: [3, 3] });
  }
}

/** The ways between the places asked for and the network. */
function accessesOf(answer: RouteAnswer): { place: RoutePlace; node: string }[] {
  return [answer.origin, answer.destination]
    .filter((place) => place.access_km > 0)
    .map((place) => ({ place, node: place.node_id }));
}

/** What lies over the map and changes often: itineraries, the animation, what is pointed at. */

import type { RouteAnswer } from "../contract";
import { drawStage, type Stage } from "../play/draw";
import type { Selection } from "../state";
import { drawHighlight } from "./draw";
import { drawPointedOut, type Mark } from "./marks";
import type { Painter } from "./painter";
import { drawAnswer } from "./routes";
import type { Scene } from "./scene";
import type { Size, View } from "./view";

export interface Overlay {
  hovered: Selection | null;
  /** A place, link or country: terminals and services are marked where they are. */
  selected: Selection | null;
  answer: RouteAnswer | null;
  itinerary: number | null;
  /** What an answer points out. */
  marks: readonly Mark[];
  stage: Stage | null;
  hour: number;
  corridorNumbers: ReadonlyMap<string, number>;
}

export function drawOverlay(
  painter: Painter,
  scene: Scene,
  view: View,
  size: Size,
  overlay: Overlay,
): void {
  const { answer, itinerary, marks, stage, hour, corridorNumbers, selected, hovered } = overlay;
  if (answer) drawAnswer(painter, scene, view, answer, itinerary);
  drawPointedOut(painter, scene, view, marks);
  if (stage) drawStage(painter, scene, view, size, stage, hour, corridorNumbers);
  if (selected) drawHighlight(painter, scene, view, selected, true);
  if (hovered) drawHighlight(painter, scene, view, hovered, false);
}

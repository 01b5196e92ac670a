/** What lies over the map and changes often: itineraries, the animation, what is pointed at. */

import type { RouteAnswer } from "../contract";
import { drawStage, type Stage } from "../play/draw";
import type { Selection } from "../state";
import { drawLimits } from "../tabs/supply/onMap";
import { drawHighlight } from "./draw";
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
  /** Links and places at which a supply balance binds. */
  limits: readonly Selection[];
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
  const { answer, itinerary, limits, stage, hour, corridorNumbers, selected, hovered } = overlay;
  if (answer) drawAnswer(painter, scene, view, answer, itinerary);
  drawLimits(painter, scene, view, limits);
  if (stage) drawStage(painter, scene, view, size, stage, hour, corridorNumbers);
  if (selected) drawHighlight(painter, scene, view, selected, true);
  if (hovered) drawHighlight(painter, scene, view, hovered, false);
}

/** The map as a picture of its own: for documents, and where there is no canvas. */

import { chooseLabels, drawGround, drawMarks } from "./draw";
import type { Scene } from "./scene";
import { SvgPainter } from "./svgPainter";
import type { Size, View } from "./view";

/** Mean width of a letter, as a share of its size; there is no font to measure with. */
const LETTER_WIDTH = 0.56;

/** Return the map as SVG text. */
export function mapSvg(scene: Scene, view: View, size: Size, title: string): string {
  const painter = new SvgPainter(size, scene.colours.sans);
  drawGround(painter, scene, view, size);
  const labels = chooseLabels(
    scene,
    view,
    size,
    (text, { size: letters, spacing }) => text.length * (letters * LETTER_WIDTH + (spacing ?? 0)),
  );
  drawMarks(painter, scene, view, size, labels);
  return painter.finish(title);
}

/** What an answer marks on the map: links, places and countries, over all that flows. */

import type { Selection } from "../state";
import { drawLink, screenPlace } from "./draw";
import type { Painter, Stroke } from "./painter";
import type { PageColours } from "./palette";
import type { Scene } from "./scene";
import type { View } from "./view";

/** How a mark looks; colour alone never tells two looks apart. */
export interface MarkLook {
  colour: (colours: PageColours) => string;
  /** Pixels, of the line. */
  width: number;
  /** Pixels, of the circle round a place. */
  radius: number;
  dash?: readonly number[];
}

export interface Mark {
  /** A link, a place or a country. */
  at: Selection;
  look: MarkLook;
}

/** Pixels of the edge that sets a mark off from what lies below; thin marks have none. */
const EDGE = 1.5;
const EDGED_WIDTH = 2.5;
/** The boundary of a country is long: it is drawn thinner than a link. */
const BOUNDARY_SHARE = 0.4;

/** Draw marks, the last one on top, so that each stands out from the ribbons beside it. */
export function drawPointedOut(
  painter: Painter,
  scene: Scene,
  view: View,
  marks: readonly Mark[],
): void {
  for (const { at, look } of marks) {
    for (const stroke of strokesOf(look, scene.colours)) {
      const link = at.kind === "link" ? scene.layout.linkIndex.get(at.id) : undefined;
      const node = at.kind === "node" ? scene.layout.nodeIndex.get(at.id) : undefined;
      const country =
        at.kind === "country" && scene.base?.countries.find(({ code }) => code === at.id);
      if (link !== undefined) drawLink(painter, scene, view, link, 0, stroke);
      if (node !== undefined) {
        const { x, y } = screenPlace(scene, view, node);
        painter.circle(x, y, look.radius, { stroke });
      }
      if (country) {
        const boundary = { ...stroke, width: BOUNDARY_SHARE * stroke.width };
        painter.outline(country.outline(), view, { stroke: boundary });
      }
    }
  }
}

/** Return the edge of a mark, and the mark itself. */
function strokesOf(look: MarkLook, colours: PageColours): Stroke[] {
  const { width, dash } = look;
  const stroke = { colour: look.colour(colours), width, dash };
  if (width < EDGED_WIDTH) return [stroke];
  return [{ colour: colours.panel, width: width + 2 * EDGE }, stroke];
}

/** Paint a mark as a sample beside its text. */
export function paintSample(
  painter: Painter,
  x: number,
  y: number,
  halfWidth: number,
  look: MarkLook,
  colours: PageColours,
): void {
  for (const stroke of strokesOf(look, colours)) {
    painter.line([x - halfWidth, y, x + halfWidth, y], 2, stroke);
  }
}

/** A supply balance on the map: what flows, how full its elements are, and what binds. */

import type { SupplyAnswer } from "../../contract";
import type { Study } from "../../data/model";
import { drawLink, screenPlace } from "../../map/draw";
import { type Loads, loadsByPlace, type Stream } from "../../map/flows";
import type { Layout } from "../../map/layout";
import type { Painter } from "../../map/painter";
import type { Scene } from "../../map/scene";
import type { View } from "../../map/view";
import type { Selection } from "../../state";
import { selectionFor } from "./names";

/** Return what flows along the links, of one commodity or of all. */
export function balanceStreams(
  { links }: SupplyAnswer,
  layout: Layout,
  commodity: string | null,
): Stream[] {
  const streams = new Map<string, Stream>();
  for (const { link: id, commodity: goods, forward, kt } of links) {
    const link = layout.linkIndex.get(id);
    if (link === undefined || (commodity !== null && goods !== commodity)) continue;
    const key = `${link} ${forward}`;
    const stream = streams.get(key) ?? {
      link,
      reversed: !forward,
      volume: 0,
      byCorridor: new Map(),
    };
    stream.volume += kt;
    streams.set(key, stream);
  }
  return [...streams.values()];
}

/** Return how full the links, and the terminals at each node, are. */
export function balanceLoads({ elements }: SupplyAnswer, study: Study, layout: Layout): Loads {
  const known = elements.flatMap(({ utilisation, ...rest }) =>
    utilisation === null ? [] : { ...rest, utilisation, waiting: 0 },
  );
  return loadsByPlace(known, study, layout);
}

/** Return the links and places at which a limit binds. */
export function limitMarks({ binding }: SupplyAnswer, study: Study): Selection[] {
  return binding.flatMap(({ kind, element }) => {
    const found = selectionFor(study, kind, element);
    if (!found) return [];
    if (found.kind === "terminal") {
      const node = study.row("terminal", "terminal_id", found.id)?.node_id;
      return { kind: "node" as const, id: String(node) };
    }
    if (found.kind === "service") {
      const link = study.row("service", "service_id", found.id)?.link_id;
      return { kind: "link" as const, id: String(link) };
    }
    return found;
  });
}

/** Pixels: of the line or circle, and of the edge that sets it off from what lies below. */
export const LIMIT_WIDTH = 2.5;
export const LIMIT_EDGE = 1.5;
export const LIMIT_RADIUS = 6;

/** Draw what binds so that it stands out from the ribbons beside it. */
export function drawLimits(
  painter: Painter,
  scene: Scene,
  view: View,
  marks: readonly Selection[],
): void {
  const { bad, panel } = scene.colours;
  for (const stroke of [
    { colour: panel, width: LIMIT_WIDTH + 2 * LIMIT_EDGE },
    { colour: bad, width: LIMIT_WIDTH },
  ]) {
    for (const { kind, id } of marks) {
      const link = kind === "link" ? scene.layout.linkIndex.get(id) : undefined;
      const node = kind === "node" ? scene.layout.nodeIndex.get(id) : undefined;
      if (link !== undefined) drawLink(painter, scene, view, link, 0, stroke);
      if (node !== undefined) {
        const { x, y } = screenPlace(scene, view, node);
        painter.circle(x, y, LIMIT_RADIUS, { stroke });
      }
    }
  }
}

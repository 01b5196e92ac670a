/** A supply balance on the map: what flows, how full its elements are, and what binds. */

import type { SupplyAnswer } from "../../contract";
import type { Study } from "../../data/model";
import { markOf } from "../../data/names";
import { type Loads, loadsByPlace, type Stream } from "../../map/flows";
import type { Layout } from "../../map/layout";
import type { Mark, MarkLook } from "../../map/marks";
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

/** How a limit that binds looks. */
export const LIMIT_LOOK: MarkLook = { colour: ({ bad }) => bad, width: 2.5, radius: 6 };

/** Return the marks of the links and places at which a limit binds. */
export function limitMarks({ binding }: SupplyAnswer, study: Study): Mark[] {
  return binding.flatMap(({ kind, element }) => {
    const found = selectionFor(study, kind, element);
    return found ? { at: markOf(study, found), look: LIMIT_LOOK } : [];
  });
}

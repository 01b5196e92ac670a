/** What the map shows, worked out from the study, the runs and what the reader has chosen. */

import type { Theme } from "../state";
import { dominantCorridor, type Loads, type Stream, throughputOf, utilisationOf } from "./flows";
import type { Layout } from "./layout";
import {
  corridorColour,
  LESS_COLOURS,
  MORE_COLOURS,
  type PageColours,
  utilisationColour,
} from "./palette";
import { layRibbons, type Ribbon } from "./ribbons";
import type { BaseMap, Country } from "./world";

export interface PaintedRibbon extends Ribbon {
  colour: string;
  dash: readonly number[] | undefined;
}

/** A circle round a place where much waits. */
export interface Ring {
  node: number;
  radius: number;
  colour: string;
}

export interface Scene {
  layout: Layout;
  base: BaseMap | null;
  colours: PageColours;
  ribbons: PaintedRibbon[];
  /** Links that nothing flows along, or all of them where flows are not shown. */
  idle: number[];
  rings: Ring[];
  /** How much each place matters on the map, from 0 to 1. */
  importance: Float64Array;
  /** Countries closed to transit: in the scenario under work, and in the one it is built on. */
  avoided: Country[];
  closed: Country[];
}

/** How the widths and colours of ribbons are to be read. */
export type Reading = "corridor" | "utilisation" | "difference";

export interface SceneInput {
  layout: Layout;
  base: BaseMap | null;
  colours: PageColours;
  streams: Stream[];
  /** The largest volume of any stream, which has the full width. */
  most: number;
  reading: Reading;
  /** Ribbons are left out where something else is looked at: itineraries, the animation. */
  withFlows: boolean;
  loads: Loads | null;
  corridorNumbers: Map<string, number>;
  avoided: ReadonlySet<string>;
  closed: ReadonlySet<string>;
}

const MOST_RING = 20;
const LEAST_RING = 5;

/** Dashes tell modes apart where colour tells corridors. */
const DASHES: Record<string, readonly number[]> = {
  pipeline: [7, 2.5],
  air: [1.5, 4],
  road: [4, 2],
};

export function dashOf(mode: string): readonly number[] | undefined {
  return DASHES[mode];
}

export function makeScene(input: SceneInput): Scene {
  const { layout, base, colours, loads } = input;
  const streams = input.withFlows ? input.streams : [];
  const busy = new Set(streams.map((stream) => stream.link));
  return {
    layout,
    base,
    colours,
    ribbons: layRibbons(streams, layout, input.most).map((ribbon) => ({
      ...ribbon,
      colour: colourOf(ribbon.stream, input),
      dash: dashOf(layout.links[ribbon.stream.link]?.mode ?? ""),
    })),
    idle: layout.links.flatMap((_, i) => (busy.has(i) ? [] : i)),
    rings: input.withFlows && input.reading === "utilisation" && loads ? ringsOf(input) : [],
    importance: importanceOf(input),
    avoided: countriesOf(base, input.avoided),
    closed: countriesOf(base, input.closed),
  };
}

function countriesOf(base: BaseMap | null, codes: ReadonlySet<string>): Country[] {
  return base?.countries.filter(({ code }) => code && codes.has(code)) ?? [];
}

function colourOf(stream: Stream, input: SceneInput): string {
  const theme: Theme = input.colours.theme;
  if (input.reading === "difference") {
    return stream.volume > 0 ? MORE_COLOURS[theme] : LESS_COLOURS[theme];
  }
  if (input.reading === "utilisation") {
    const { link, reversed } = stream;
    return utilisationColour(input.loads && utilisationOf(input.loads, link, reversed), theme);
  }
  return corridorColour(input.corridorNumbers.get(dominantCorridor(stream) ?? ""), theme);
}

function ringsOf({ loads, colours }: SceneInput): Ring[] {
  if (!loads) return [];
  const waiting = [...loads.waiting].filter(([, amount]) => amount > 0);
  const most = Math.max(...waiting.map(([, amount]) => amount));
  return waiting
    .map(([node, amount]) => ({
      node,
      radius: Math.max(LEAST_RING, MOST_RING * Math.sqrt(amount / most)),
      colour: utilisationColour(loads.nodes.get(node) ?? null, colours.theme),
    }))
    .sort((a, b) => b.radius - a.radius);
}

/** By what passes, the root of it; of a study without flows by the links that meet. */
function importanceOf({ layout, streams }: SceneInput): Float64Array {
  const throughput = throughputOf(streams, layout);
  const most = Math.max(...throughput, 0);
  if (most > 0) return throughput.map((volume) => Math.sqrt(volume / most));
  const degrees = layout.nodes.map((node) => node.degree);
  const mostLinks = Math.max(...degrees, 1);
  return Float64Array.from(degrees, (degree) => degree / mostLinks);
}

/** The legend as content: what every mark of the map stands for, painted as the map paints it. */

import { computed } from "@preact/signals";
import { corridorName, wayName } from "../data/names";
import { formatNumber, formatPercent, t } from "../i18n";
import {
  DOT,
  drawClosed,
  drawHull,
  drawQueue,
  queueRadius,
  type Stage,
  vesselScale,
} from "../play/draw";
import { corridor, itinerary, run, study } from "../state";
import { projectKey } from "../tabs/invest/onMap";
import { choiceOnMap } from "../tabs/invest/state";
import { lossKey } from "../tabs/stress/onMap";
import { lossesOnMap } from "../tabs/stress/state";
import { LIMIT_LOOK } from "../tabs/supply/onMap";
import { balanceOnMap } from "../tabs/supply/state";
import { avoidedHatch, closedHatch } from "./draw";
import { type MarkLook, paintSample } from "./marks";
import type { Painter, Stroke } from "./painter";
import {
  CORRIDOR_COLOURS,
  corridorColour,
  LESS_COLOURS,
  MORE_COLOURS,
  OTHER_COLOURS,
  type PageColours,
  UTILISATION_COLOURS,
  UTILISATION_LIMITS,
  wayColour,
} from "./palette";
import { roundVolume, widthOf } from "./ribbons";
import { dashOf } from "./scene";
import {
  avoided,
  closed,
  corridorModes,
  isAtWork,
  layout,
  mostVolume,
  numbers,
  pageColours,
  reading,
  shownAnswer,
  stage,
  viewScale,
  volumeUnit,
  widthFactor,
  withFlows,
} from "./store";
import { drawSymbol, SYMBOLS } from "./symbols";

/** Width of the samples before the texts, in pixels. */
export const SAMPLE_WIDTH = 24;

export interface KeyEntry {
  text: string;
  /** Pixels. */
  height: number;
  /** Paint the sample round its middle. */
  paint: (painter: Painter, x: number, y: number) => void;
  /** What a click does: one corridor or itinerary is chosen. */
  press?: { isOn: boolean; act: () => void };
}

export interface KeyGroup {
  id: "corridor" | "colour" | "width" | "marks" | "ways" | "play" | "queue" | "closed" | "places";
  title: string;
  entries: KeyEntry[];
  note?: string;
}

/** Widths and queues are shown for a large amount and for these shares of it. */
const SHARES = [1, 0.25, 0.02];

/** All that the map shows now, by group. */
export const keyGroups = computed<KeyGroup[]>(() => {
  const colours = pageColours.value;
  if (!colours || !layout.value) return [];
  const hasFlows = withFlows.value && (run.value !== null || balanceOnMap.value !== null);
  return [
    ...(hasFlows ? [colourGroup(colours), widthGroup(colours)] : []),
    marksGroup(colours),
    ...(stage.value ? [playGroup(colours), queueGroup(stage.value, colours)] : []),
    waysGroup(colours),
    closedGroup(colours),
    placesGroup(colours),
  ].filter(({ entries }) => entries.length > 0);
});

/** The name of the unit of volumes in the year. */
export function unitName(): string {
  return t(`map.unit.${volumeUnit.value}`);
}

function lineEntry(text: string, stroke: Stroke, height = 18): KeyEntry {
  const half = SAMPLE_WIDTH / 2 - 1;
  return {
    text,
    height,
    paint: (painter, x, y) => painter.line([x - half, y, x + half, y], 2, stroke),
  };
}

function colourGroup(colours: PageColours): KeyGroup {
  if (reading.value === "utilisation") return utilisationGroup(colours);
  if (reading.value === "corridor") return corridorGroup(colours);
  const { theme } = colours;
  return {
    id: "colour",
    title: t("map.difference"),
    entries: [
      lineEntry(t("map.more"), { colour: MORE_COLOURS[theme], width: 5 }),
      lineEntry(t("map.less"), { colour: LESS_COLOURS[theme], width: 5 }),
    ],
  };
}

/** Corridors that colour at least one link, in the order of the study. */
function corridorGroup({ theme }: PageColours): KeyGroup {
  const modes = corridorModes.value;
  const listed = [...numbers.value.keys()].filter((id) => modes.has(id) || id === corridor.value);
  const isMarked = (id: string) => (numbers.value.get(id) ?? -1) >= 0;
  const open = study.value;
  return {
    id: "corridor",
    title: t("map.byCorridor"),
    entries: [...listed.filter(isMarked), ...listed.filter((id) => !isMarked(id))].map((id) => ({
      ...lineEntry(open ? corridorName(open, id) : id, {
        colour: corridorColour(numbers.value.get(id), theme),
        width: 5,
        dash: dashOf(modes.get(id) ?? ""),
      }),
      press: {
        isOn: corridor.value === id,
        act: () => {
          corridor.value = corridor.value === id ? null : id;
        },
      },
    })),
  };
}

function utilisationGroup({ theme, ink }: PageColours): KeyGroup {
  const limits = UTILISATION_LIMITS.map((limit) => formatPercent(limit));
  const texts = [
    t("map.below", { limit: limits[0] as string }),
    ...limits.slice(1).map((limit, i) => t("map.range", { low: limits[i] as string, high: limit })),
    t("map.above", { limit: limits.at(-1) as string }),
  ];
  return {
    id: "colour",
    title: t("map.byUtilisation"),
    entries: [
      ...texts.map((text, i) =>
        lineEntry(text, { colour: UTILISATION_COLOURS[theme][i] as string, width: 5 }),
      ),
      lineEntry(t("map.noCapacity"), { colour: OTHER_COLOURS[theme], width: 5 }),
      // In a balance nothing waits.
      ...(balanceOnMap.value ? [] : [ringEntry(ink)]),
    ],
  };
}

function ringEntry(ink: string): KeyEntry {
  return {
    text: t("map.ring"),
    height: 18,
    paint: (painter, x, y) => painter.circle(x, y, 6.5, { stroke: { colour: ink, width: 1.8 } }),
  };
}

/** What the answer on the map points out. */
function marksGroup(colours: PageColours): KeyGroup {
  const { title, entries, note } = pointedOut();
  return {
    id: "marks",
    title,
    note,
    entries: entries.map(({ text, look }) => ({
      text,
      height: 18,
      paint: (painter, x, y) => paintSample(painter, x, y, SAMPLE_WIDTH / 2 - 1, look, colours),
    })),
  };
}

function pointedOut(): {
  title: string;
  entries: { text: string; look: MarkLook }[];
  note?: string;
} {
  if (balanceOnMap.value) {
    const entries = [{ text: t("supply.map.limit"), look: LIMIT_LOOK }];
    return { title: t("supply.map.binding"), entries };
  }
  if (lossesOnMap.value) return lossKey(lossesOnMap.value);
  return choiceOnMap.value ? projectKey() : { title: "", entries: [] };
}

function widthGroup({ ink }: PageColours): KeyGroup {
  const most = mostVolume.value;
  const volumes = most > 0 ? SHARES.map((share) => roundVolume(most * share * 0.5)) : [];
  return {
    id: "width",
    title: t("map.width", { unit: unitName() }),
    entries: volumes.map((volume) => {
      const width = widthOf(volume, most) * widthFactor.value;
      return lineEntry(formatNumber(volume, 2), { colour: ink, width }, 26);
    }),
    note: t("map.side"),
  };
}

function playGroup(colours: PageColours): KeyGroup {
  const [first, second, third] = CORRIDOR_COLOURS[colours.theme].slice(5) as string[];
  return {
    id: "play",
    title: t("map.play"),
    entries: [
      {
        text: t("map.dot"),
        height: 18,
        paint: (painter, x, y) => {
          for (const [i, colour] of [first, second, third].entries()) {
            painter.circle(x + 7 * (i - 1), y, DOT, { fill: colour });
          }
        },
      },
      {
        text: t("map.vessel"),
        height: 18,
        paint: (painter, x, y) =>
          drawHull(painter, x, y, [1, 0], vesselScale(viewScale.value), 0.6, colours),
      },
      {
        text: t("map.closed"),
        height: 18,
        paint: (painter, x, y) => drawClosed(painter, x, y, colours),
      },
    ],
  };
}

function queueGroup({ queues }: Stage, { bad }: PageColours): KeyGroup {
  const amounts =
    queues.most > 0 ? SHARES.map((share) => roundVolume(queues.most * share * 0.3)) : [];
  return {
    id: "queue",
    title: t("map.queue"),
    entries: [...new Set(amounts.filter((amount) => amount >= 1))].map((amount) => {
      const radius = queueRadius(amount, queues.most);
      return {
        text: formatNumber(amount),
        height: Math.max(18, 2 * radius + 4),
        paint: (painter: Painter, x: number, y: number) => drawQueue(painter, x, y, radius, bad),
      };
    }),
  };
}

function waysGroup({ theme }: PageColours): KeyGroup {
  const ways = shownAnswer.value?.itineraries ?? [];
  return {
    id: "ways",
    title: t("map.ways"),
    entries: ways.map((way, i) => {
      const isOn = way.rank === itinerary.value;
      return {
        ...lineEntry(`${way.rank}. ${wayName(way, study.value)}`, {
          colour: wayColour(i, theme),
          width: isOn ? 5 : 2,
        }),
        press: {
          isOn,
          act: () => {
            itinerary.value = way.rank;
          },
        },
      };
    }),
  };
}

function closedGroup(colours: PageColours): KeyGroup {
  const closedText = isAtWork.value ? "map.closedBase" : "map.closedRun";
  const entry = (text: string, colour: string): KeyEntry => ({
    text,
    height: 18,
    paint: (painter, x, y) => painter.hatch("M-10-6H10V6H-10Z", { k: 1, x, y }, colour),
  });
  return {
    id: "closed",
    title: t("map.closedCountries"),
    entries: [
      ...(avoided.value.size ? [entry(t("map.closedHere"), avoidedHatch(colours))] : []),
      ...(closed.value.size ? [entry(t(closedText), closedHatch(colours))] : []),
    ],
  };
}

/** Symbols of the kinds of place that the study has. */
function placesGroup({ ink, land }: PageColours): KeyGroup {
  const kinds = new Set(layout.value?.nodes.map((node) => node.kind));
  return {
    id: "places",
    title: t("map.symbols"),
    entries: Object.keys(SYMBOLS)
      .filter((kind) => kinds.has(kind))
      .map((kind) => ({
        text: t(`map.kind.${kind}`),
        height: 18,
        paint: (painter, x, y) => drawSymbol(painter, kind, x, y, 1.3, { ink, ground: land }),
      })),
  };
}

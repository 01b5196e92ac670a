/** What the map derives from the state of the page. */

import { computed, signal } from "@preact/signals";
import { makeStage } from "../play/draw";
import {
  answer,
  baseline,
  colourBy,
  commodity,
  comparing,
  corridor,
  direction,
  draft,
  run,
  study,
  tab,
  theme,
  unit,
} from "../state";
import { differencesOf, dominantCorridor, loadsOf, type Stream, streamsOf } from "./flows";
import { makeLayout } from "./layout";
import { corridorNumbers, type PageColours, readPageColours } from "./palette";
import { makeScene, type Reading, type Scene } from "./scene";
import { loadWorld, projectWorld, type World } from "./world";

const PLAY_TAB = "play";
const ROUTE_TAB = "route";

const world = signal<World | null>(null);
/** Why there are no coastlines, where they could not be read. */
export const worldProblem = signal<string | null>(null);

/** Read the coastlines; the map is drawn without them until they are there. */
export async function readCoastlines(): Promise<void> {
  try {
    world.value = await loadWorld();
    worldProblem.value = null;
  } catch (error) {
    worldProblem.value = error instanceof Error ? error.message : String(error);
  }
}

/** Colours of the page; read again when its theme has been put on. */
export const pageColours = signal<PageColours | null>(null);

export function refreshColours(): void {
  pageColours.value = readPageColours(theme.peek());
}

export const layout = computed(() => study.value && makeLayout(study.value));

const base = computed(
  () => layout.value && world.value && projectWorld(world.value, layout.value.plane),
);

/** Whether the coastlines are there, or known not to come. */
export const isComplete = computed(() => base.value !== null || worldProblem.value !== null);

export const numbers = computed(() =>
  study.value ? corridorNumbers(study.value.table("corridor")) : new Map<string, number>(),
);

const choice = computed(() => ({
  commodity: commodity.value,
  direction: direction.value,
  corridor: corridor.value,
  unit: unit.value,
}));

export const streams = computed<Stream[]>(() =>
  run.value && layout.value ? streamsOf(run.value, layout.value, choice.value) : [],
);

export const baselineStreams = computed<Stream[]>(() =>
  comparing.value && baseline.value && layout.value
    ? streamsOf(baseline.value, layout.value, choice.value)
    : [],
);

/** What the ribbons are: the run's streams, or by how much they differ from the baseline's. */
export const shownStreams = computed<Stream[]>(() =>
  comparing.value ? differencesOf(streams.value, baselineStreams.value) : streams.value,
);

export const mostVolume = computed(() =>
  shownStreams.value.reduce((most, { volume }) => Math.max(most, Math.abs(volume)), 0),
);

export const reading = computed<Reading>(() => (comparing.value ? "difference" : colourBy.value));

export const loads = computed(() =>
  run.value && study.value && layout.value ? loadsOf(run.value, study.value, layout.value) : null,
);

/** Countries that goods in transit may not cross in the scenario under work. */
export const avoided = computed(
  () =>
    new Set(
      (draft.value.rule ?? [])
        .filter(({ applies_to }) => applies_to === undefined || applies_to.includes("transit"))
        .flatMap(({ countries }) => countries ?? []),
    ),
);

/** By how much ribbons are widened as the map is seen; the legend shows them so too. */
export const widthFactor = signal(1);

/** The mode that carries most of what each corridor carries on the links it dominates. */
export const corridorModes = computed(() => {
  const volumes = new Map<string, Map<string, number>>();
  for (const stream of streams.value) {
    const corridor = dominantCorridor(stream) ?? "";
    const mode = layout.value?.links[stream.link]?.mode ?? "";
    const byMode = volumes.get(corridor) ?? new Map<string, number>();
    volumes.set(corridor, byMode.set(mode, (byMode.get(mode) ?? 0) + stream.volume));
  }
  const largest = (byMode: Map<string, number>) =>
    [...byMode].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
  return new Map([...volumes].map(([corridor, byMode]) => [corridor, largest(byMode)]));
});

/** The playback made ready; worked out when the tab is first opened. */
export const stage = computed(() => {
  const playback = run.value?.playback;
  if (tab.value !== PLAY_TAB || !playback || !layout.value) return null;
  return makeStage(playback, layout.value, {
    commodity: commodity.value,
    corridor: corridor.value,
  });
});

/** The answer to a route question, where it is looked at. */
export const shownAnswer = computed(() => (tab.value === ROUTE_TAB ? answer.value : null));

/** Whether flows are drawn: not under itineraries or the animation. */
export const withFlows = computed(() => stage.value === null && shownAnswer.value === null);

export const scene = computed<Scene | null>(() => {
  const colours = pageColours.value;
  if (!layout.value || !colours) return null;
  return makeScene({
    layout: layout.value,
    base: base.value,
    colours,
    streams: shownStreams.value,
    most: mostVolume.value,
    reading: reading.value,
    withFlows: withFlows.value,
    loads: loads.value,
    corridorNumbers: numbers.value,
    avoided: avoided.value,
  });
});

/** What the map derives from the state of the page. */

import { computed, signal } from "@preact/signals";
import { markOf } from "../data/names";
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
  hovered,
  itinerary,
  playHour,
  run,
  selected,
  study,
  tab,
  theme,
  unit,
} from "../state";
import { projectMarks } from "../tabs/invest/onMap";
import { choiceOnMap, projectShown } from "../tabs/invest/state";
import { avoidedCountries } from "../tabs/scenario/edit";
import { base } from "../tabs/scenario/state";
import { lossMarks } from "../tabs/stress/onMap";
import { lossesOnMap } from "../tabs/stress/state";
import { balanceLoads, balanceStreams, limitMarks } from "../tabs/supply/onMap";
import { balanceOnMap, commodityShown } from "../tabs/supply/state";
import { differencesOf, dominantCorridor, loadsOf, type Stream, streamsOf } from "./flows";
import { makeLayout } from "./layout";
import type { Mark } from "./marks";
import type { Overlay } from "./overlay";
import { corridorNumbers, type PageColours, readPageColours } from "./palette";
import { widening } from "./ribbons";
import { makeScene, type Reading, type Scene } from "./scene";
import { loadWorld, projectWorld, type World } from "./world";

const SCENARIO_TAB = "scenario";
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

const baseMap = computed(
  () => layout.value && world.value && projectWorld(world.value, layout.value.plane),
);

/** Whether the coastlines are there, or known not to come. */
export const isComplete = computed(() => baseMap.value !== null || worldProblem.value !== null);

export const numbers = computed(() =>
  study.value ? corridorNumbers(study.value.table("corridor")) : new Map<string, number>(),
);

const choice = computed(() => ({
  commodity: commodity.value,
  direction: direction.value,
  corridor: corridor.value,
  unit: unit.value,
}));

/** Flows of the supply balance where it is looked at, else those of the run. */
export const streams = computed<Stream[]>(() => {
  if (!layout.value) return [];
  if (balanceOnMap.value) {
    return balanceStreams(balanceOnMap.value, layout.value, commodityShown.value);
  }
  return run.value ? streamsOf(run.value, layout.value, choice.value) : [];
});

/** Whether differences are drawn; a balance is compared with nothing. */
const differs = computed(() => comparing.value && balanceOnMap.value === null);

export const baselineStreams = computed<Stream[]>(() =>
  differs.value && baseline.value && layout.value
    ? streamsOf(baseline.value, layout.value, choice.value)
    : [],
);

/** What the ribbons are: the run's streams, or by how much they differ from the baseline's. */
export const shownStreams = computed<Stream[]>(() =>
  differs.value ? differencesOf(streams.value, baselineStreams.value) : streams.value,
);

export const mostVolume = computed(() =>
  shownStreams.value.reduce((most, { volume }) => Math.max(most, Math.abs(volume)), 0),
);

export const reading = computed<Reading>(() => {
  if (balanceOnMap.value) return "utilisation";
  return differs.value ? "difference" : colourBy.value;
});

/** The unit of what flows: balances are in tonnes. */
export const volumeUnit = computed(() => (balanceOnMap.value ? "kt" : unit.value));

export const loads = computed(() => {
  if (!study.value || !layout.value) return null;
  if (balanceOnMap.value) return balanceLoads(balanceOnMap.value, study.value, layout.value);
  return run.value && loadsOf(run.value, study.value, layout.value);
});

/** What the answer on the map points out: limits that bind, losses, projects. */
const marks = computed<readonly Mark[]>(() => {
  if (!study.value) return [];
  if (balanceOnMap.value) return limitMarks(balanceOnMap.value, study.value);
  if (lossesOnMap.value) return lossMarks(lossesOnMap.value, study.value);
  if (choiceOnMap.value) return projectMarks(choiceOnMap.value, study.value, projectShown.value);
  return [];
});

/** Countries that the scenario under work closes to all goods in transit. */
export const avoided = computed(() => avoidedCountries(draft.value.rule));

/** Whether the map belongs to the scenario under work, and not to a run. */
export const isAtWork = computed(() => tab.value === SCENARIO_TAB || run.value === null);

/** Those closed besides: by what that scenario is built on, or else by the scenario of the run. */
export const closed = computed(() => {
  const rules = isAtWork.value ? base.value.rules : run.value?.page.scenario.content.rule;
  return new Set([...avoidedCountries(rules)].filter((code) => !avoided.value.has(code)));
});

/** The scale at which the map is seen, in steps that are too small to be noticed in the legend. */
export const viewScale = signal(1);

/** By how much ribbons are widened as the map is seen; the legend shows them so too. */
export const widthFactor = computed(() => widening(viewScale.value));

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

/** Whether flows are drawn: not under itineraries, the animation, losses or projects. */
export const withFlows = computed(
  () =>
    stage.value === null &&
    shownAnswer.value === null &&
    lossesOnMap.value === null &&
    choiceOnMap.value === null,
);

export const overlay = computed<Overlay>(() => ({
  hovered: hovered.value,
  selected: selected.value && study.value && markOf(study.value, selected.value),
  answer: shownAnswer.value,
  itinerary: itinerary.value,
  marks: marks.value,
  stage: stage.value,
  hour: stage.value ? playHour.value : 0,
  corridorNumbers: numbers.value,
}));

export const scene = computed<Scene | null>(() => {
  const colours = pageColours.value;
  if (!layout.value || !colours) return null;
  return makeScene({
    layout: layout.value,
    base: baseMap.value,
    colours,
    streams: shownStreams.value,
    most: mostVolume.value,
    reading: reading.value,
    withFlows: withFlows.value,
    loads: loads.value,
    corridorNumbers: numbers.value,
    avoided: avoided.value,
    closed: closed.value,
  });
});

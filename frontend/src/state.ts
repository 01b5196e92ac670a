/** What the page shows: signals that its parts read and change. */

import { computed, signal } from "@preact/signals";
import type {
  ElementKind,
  Problem,
  RouteAnswer,
  RunInfo,
  ScenarioContent,
  StudyInfo,
} from "./contract";
import type { Run, Study } from "./data/model";

/** With a server one can run and route; a report only shows what is in it. */
export const mode = signal<"server" | "report">("report");
export const version = signal("");

export const study = signal<Study | null>(null);
/** The run on the map, and the one that it is compared with. */
export const run = signal<Run | null>(null);
export const baseline = signal<Run | null>(null);
export const comparing = computed(() => run.value !== null && baseline.value !== null);
/** Runs of the server, the newest first. */
export const runs = signal<RunInfo[]>([]);

export type TabId = string;
export const tab = signal<TabId>("map");

export type Direction = "both" | "westbound" | "eastbound";
export const commodity = signal<string | null>(null);
export const direction = signal<Direction>("both");
export const corridor = signal<string | null>(null);
export const colourBy = signal<"corridor" | "utilisation">("corridor");
export const unit = signal<"kt" | "kteu">("kt");

export interface Selection {
  kind: ElementKind;
  id: string;
}
export const selected = signal<Selection | null>(null);
export const hovered = signal<Selection | null>(null);
/** Longitude and latitude that the map is asked to show; the map sets it to null once it has. */
export const flyTo = signal<{ longitude: number; latitude: number; scale?: number } | null>(null);

/** The scenario under work in its panel. */
export const draft = signal<ScenarioContent>({});

/** The route answer on the map, and the itinerary that stands out (rank). */
export const answer = signal<RouteAnswer | null>(null);
export const itinerary = signal<number | null>(null);

/** Play: hours since the start of the playback, and hours of it per second of the clock. */
export const playHour = signal(0);
export const playing = signal(false);
export const playSpeed = signal(24);

export type Locale = "en" | "fr";
export const locale = signal<Locale>("en");
export type Theme = "light" | "dark";
export const theme = signal<Theme>("light");

/** Whether the page has what it needs; `problems` say why not, or what could not be opened. */
export const pageState = signal<"starting" | "ready" | "failed">("starting");
export const problems = signal<readonly Problem[]>([]);
/** Studies of the server, with those that cannot be used. */
export const studies = signal<readonly StudyInfo[]>([]);

/** The form of a route: what is asked, and how it is put to the server. */

import { signal } from "@preact/signals";
import type { RouteAnswer, RouteItinerary, RouteRequest, ScenarioContent } from "../../contract";

/** A place as typed; with the id of its node if it was chosen from the proposals. */
export interface TypedPlace {
  text: string;
  node_id: string | null;
}

export type Criterion = "time" | "cost" | "co2" | "reliability";
export const CRITERIA: readonly Criterion[] = ["time", "cost", "co2", "reliability"];

/** In whose world the route is: that of the run on the map, of the draft, or of the study. */
export type World = "run" | "draft" | "study";

export interface RouteForm {
  origin: TypedPlace;
  destination: TypedPlace;
  commodity: string;
  /** ISO date, or empty. */
  depart: string;
  deadlineIn: "days" | "date";
  /** Days, or an ISO date; empty: none. */
  deadline: string;
  by: Criterion[];
  avoid: string[];
  via: string[];
  world: World;
  usesQueues: boolean;
}

const NOWHERE: TypedPlace = { text: "", node_id: null };

export const form = signal<RouteForm>({
  origin: NOWHERE,
  destination: NOWHERE,
  commodity: "",
  depart: "",
  deadlineIn: "days",
  deadline: "",
  by: ["time", "cost", "co2"],
  avoid: [],
  via: [],
  world: "run",
  usesQueues: true,
});

/** What a request is put together from, beside the form. */
export interface Context {
  study: string;
  /** The run on the map. */
  run: { run_id: string; year: number | null; content: ScenarioContent } | null;
  draft: ScenarioContent;
  commodity: string;
}

export function swapped(asked: RouteForm): RouteForm {
  return { ...asked, origin: asked.destination, destination: asked.origin };
}

/** The world that holds: without a run there is none of a run. */
export function worldOf(asked: RouteForm, context: Pick<Context, "run">): World {
  return asked.world === "run" && !context.run ? "study" : asked.world;
}

/** Return the day of departure: the one asked for, else 1 July of the run's year. */
export function departure(asked: RouteForm, context: Pick<Context, "run">): string | null {
  if (asked.depart) return asked.depart;
  const year = worldOf(asked, context) === "run" ? context.run?.year : null;
  return year ? `${year}-07-01` : null;
}

const MS_PER_DAY = 86_400_000;

/** Return the days between the departure and the deadline; null: none, NaN: not to be told. */
export function deadlineDays(asked: RouteForm, depart: string | null): number | null {
  if (!asked.deadline.trim()) return null;
  if (asked.deadlineIn === "days") return Number(asked.deadline);
  if (!depart) return Number.NaN;
  return (Date.parse(asked.deadline) - Date.parse(depart)) / MS_PER_DAY;
}

/** Return why a form cannot be sent, as the key of a text, or null. */
export function faultOf(asked: RouteForm, context: Context): string | null {
  if (!asked.origin.text.trim()) return "work.route.fault.origin";
  if (!asked.destination.text.trim()) return "work.route.fault.destination";
  const depart = departure(asked, context);
  if (asked.deadline && asked.deadlineIn === "date" && !depart) return "work.route.fault.depart";
  const days = deadlineDays(asked, depart);
  if (days !== null && !(days > 0)) return "work.route.fault.deadline";
  return asked.by.length === 0 ? "work.route.fault.criteria" : null;
}

const placeAsked = (place: TypedPlace): string => place.node_id ?? place.text.trim();

/** Put the form as a request. */
export function requestOf(
  asked: RouteForm,
  context: Context,
  whyNot: string | null = null,
): RouteRequest {
  const world = worldOf(asked, context);
  const depart = departure(asked, context);
  const days = deadlineDays(asked, depart);
  const scenario = { run: context.run?.content ?? null, draft: context.draft, study: null }[world];
  return {
    study: context.study,
    scenario,
    origin: placeAsked(asked.origin),
    destination: placeAsked(asked.destination),
    commodity: asked.commodity || context.commodity,
    depart,
    deadline_days: days,
    // On-time probability means nothing without a deadline.
    by: asked.by.filter((one) => one !== "reliability" || days !== null),
    avoid: asked.avoid,
    via: asked.via,
    run: asked.usesQueues && context.run ? context.run.run_id : null,
    why_not: whyNot,
  };
}

/** The rank under which the way that was asked about stands behind the others. */
export function rankOfBest(answer: RouteAnswer): number {
  return Math.max(0, ...answer.itineraries.map((one) => one.rank)) + 1;
}

/** Return the answer with the best way through what was asked about, so that maps show it. */
export function withBest(answer: RouteAnswer): RouteAnswer {
  const best = answer.why_not?.best;
  if (!best) return answer;
  const shown: RouteItinerary = { ...best, rank: rankOfBest(answer) };
  return {
    ...answer,
    itineraries: [...answer.itineraries, shown],
    why_not: answer.why_not && { ...answer.why_not, best: null },
  };
}

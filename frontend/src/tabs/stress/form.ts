/** The form of a stress test: what is lost, for how long, and how it is put to the server. */

import { signal } from "@preact/signals";
import type { StressElements, StressRequest } from "../../contract";
import { isWithin, isYear, scenarioOf, type WorldForm, yearOf } from "../questions/world";
import type { Context } from "../route/form";

export interface StressForm extends WorldForm {
  elements: StressElements[];
  /** Days that each loss lasts. */
  days: string;
  /** Per cent of its capacity that what is lost keeps. */
  left: number;
  /** ISO day whose network is looked at; empty: the last of the year. */
  on: string;
  /** Whether pairs are lost together also. */
  inPairs: boolean;
}

export const ELEMENTS: readonly StressElements[] = [
  "links",
  "terminals",
  "services",
  "nodes",
  "chokepoints",
  "countries",
];
export const LONGEST_DAYS = 3650;
/**
 * How many of the worst are asked for, by what is not served: the most that the server gives, as
 * the page ranks them by other figures also.
 */
export const TOP = 1000;

export const form = signal<StressForm>({
  elements: ["links", "terminals"],
  days: "365",
  left: 0,
  on: "",
  inPairs: false,
  world: "draft",
  year: "",
});

/** Return why a form cannot be sent, as the key of a text, or null. */
export function faultOf({ elements, days, year }: StressForm): string | null {
  if (elements.length === 0) return "stress.fault.elements";
  if (!isWithin(days, 0, LONGEST_DAYS) || Number(days) === 0) return "stress.fault.days";
  return isYear(year) ? null : "question.fault.year";
}

/** Put the form as a request. */
export function requestOf(asked: StressForm, context: Context): StressRequest {
  return {
    study: context.study,
    scenario: scenarioOf(asked, context),
    year: yearOf(asked, context),
    on: asked.on || null,
    days: Number(asked.days),
    n: asked.inPairs ? 2 : 1,
    elements: asked.elements,
    capacity_left: asked.left / 100,
    top: TOP,
  };
}

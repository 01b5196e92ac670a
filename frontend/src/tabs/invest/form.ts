/** The form of an investment: budget, year, objective and scenarios, put to the server. */

import { signal } from "@preact/signals";
import type { InvestObjective, InvestRequest } from "../../contract";
import { isWithin, isYear, scenarioOf, type WorldForm, yearOf } from "../questions/world";
import type { Context } from "../route/form";
import { DEAREST_CARBON_USD_T } from "../supply/form";

export interface InvestForm extends WorldForm {
  /** Million USD. */
  budget: string;
  objective: InvestObjective;
  /** Id of the corridor whose throughput counts; empty: that of the server. */
  corridor: string;
  /** Per cent of a year. */
  rate: string;
  /** Years of use that count. */
  horizon: string;
  /** USD per t of CO2e. */
  carbon: string;
  /** Years after `year` in which projects may open, too, divided by commas. */
  later: string;
  /** Whether one planner is asked, too, who directs all goods. */
  planner: boolean;
  /** Names of scenarios that may come true instead. */
  others: string[];
}

export const OBJECTIVES: readonly InvestObjective[] = ["npv", "throughput", "resilience", "co2"];
export const LARGEST_BUDGET_MUSD = 1e7;
/** The server takes eight scenarios, with that of the form. */
export const MOST_OTHERS = 7;
/** The server takes six openings, with the year of the form. */
export const MOST_LATER = 5;

export const form = signal<InvestForm>({
  budget: "2000",
  objective: "npv",
  corridor: "",
  rate: "5",
  horizon: "30",
  carbon: "100",
  later: "",
  planner: false,
  others: [],
  world: "draft",
  year: "",
});

export const HIGHEST_RATE = 50;
export const LONGEST_HORIZON = 100;

/** Return why a form cannot be sent, as the key of a text, or null. */
export function faultOf(asked: InvestForm): string | null {
  const { budget, rate, horizon, carbon, others, year } = asked;
  if (!isWithin(budget, 0, LARGEST_BUDGET_MUSD) || Number(budget) === 0) {
    return "invest.fault.budget";
  }
  if (!isWithin(rate, 0, HIGHEST_RATE)) return "invest.fault.rate";
  const isYears = Number.isInteger(Number(horizon)) && isWithin(horizon, 1, LONGEST_HORIZON);
  if (!isYears) return "invest.fault.horizon";
  if (!isWithin(carbon, 0, DEAREST_CARBON_USD_T)) return "supply.fault.carbon";
  if (others.length > MOST_OTHERS) return "invest.fault.others";
  if (!isYear(year)) return "question.fault.year";
  if (asked.planner && asked.objective !== "npv") return "invest.fault.planner";
  return isLater(asked) ? null : "invest.fault.later";
}

/** Return the later years as they were written. */
function laterYears({ later }: InvestForm): string[] {
  return later.split(/[\s,;]+/).filter((one) => one !== "");
}

/** Whether when to build can be asked: of net present value, in years that follow the first. */
function isLater(asked: InvestForm): boolean {
  const later = laterYears(asked);
  if (later.length === 0) return true;
  const years = [asked.year, ...later];
  const rise = years.every((one, i) => i === 0 || Number(one) > Number(years[i - 1]));
  const known = asked.year !== "" && later.every(isYear) && later.length <= MOST_LATER;
  return known && rise && asked.objective === "npv";
}

/** Return the year that is asked about, or the years in which projects may open. */
function timeOf(asked: InvestForm, context: Context): Pick<InvestRequest, "year" | "openings"> {
  const later = laterYears(asked);
  if (later.length === 0) return { year: yearOf(asked, context) };
  return { year: null, openings: [asked.year, ...later].map(Number) };
}

/** Put the form as a request. */
export function requestOf(asked: InvestForm, context: Context): InvestRequest {
  return {
    study: context.study,
    scenarios: [scenarioOf(asked, context), ...asked.others],
    ...timeOf(asked, context),
    ...(asked.planner && { system_optimum: true }),
    budget_musd: Number(asked.budget),
    objective: asked.objective,
    discount_rate: Number(asked.rate) / 100,
    horizon_years: Number(asked.horizon),
    carbon_usd_t: Number(asked.carbon),
    corridor: asked.corridor || null,
  };
}

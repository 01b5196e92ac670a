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
  /** Names of scenarios that may come true instead. */
  others: string[];
}

export const OBJECTIVES: readonly InvestObjective[] = ["npv", "throughput", "resilience", "co2"];
export const LARGEST_BUDGET_MUSD = 1e7;
/** The server takes eight scenarios, with that of the form. */
export const MOST_OTHERS = 7;

export const form = signal<InvestForm>({
  budget: "2000",
  objective: "npv",
  corridor: "",
  rate: "5",
  horizon: "30",
  carbon: "100",
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
  return isYear(year) ? null : "question.fault.year";
}

/** Put the form as a request. */
export function requestOf(asked: InvestForm, context: Context): InvestRequest {
  return {
    study: context.study,
    scenarios: [scenarioOf(asked, context), ...asked.others],
    year: yearOf(asked, context),
    budget_musd: Number(asked.budget),
    objective: asked.objective,
    discount_rate: Number(asked.rate) / 100,
    horizon_years: Number(asked.horizon),
    carbon_usd_t: Number(asked.carbon),
    corridor: asked.corridor || null,
  };
}

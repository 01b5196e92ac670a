/** The form of a supply balance: what is asked, and how it is put to the server. */

import { signal } from "@preact/signals";
import type { SupplyRequest } from "../../contract";
import { isWithin, isYear, scenarioOf, type WorldForm, yearOf } from "../questions/world";
import type { Context } from "../route/form";

export interface SupplyForm extends WorldForm {
  /** Empty: all of the study's. */
  commodities: string[];
  embargo: string[];
  /** Who embargoes; empty: all others. */
  buyers: string[];
  contracts: boolean;
  /** USD per t of CO2; empty: none. */
  carbonPrice: string;
  /** Country of the frontier; empty: no frontier. */
  avoid: string;
}

export const form = signal<SupplyForm>({
  commodities: [],
  embargo: [],
  buyers: [],
  world: "draft",
  year: "",
  contracts: true,
  carbonPrice: "",
  avoid: "",
});

export const DEAREST_CARBON_USD_T = 10_000;

/** Return why a form cannot be sent, as the key of a text, or null. */
export function faultOf({ year, carbonPrice }: SupplyForm): string | null {
  if (!isYear(year)) return "question.fault.year";
  const isPrice = isWithin(carbonPrice, 0, DEAREST_CARBON_USD_T);
  return carbonPrice && !isPrice ? "supply.fault.carbon" : null;
}

/** Put the form as a request. */
export function requestOf(asked: SupplyForm, context: Context): SupplyRequest {
  return {
    study: context.study,
    scenario: scenarioOf(asked, context),
    commodities: asked.commodities.length > 0 ? asked.commodities : null,
    year: yearOf(asked, context),
    embargo: asked.embargo,
    buyers: asked.embargo.length > 0 && asked.buyers.length > 0 ? asked.buyers : null,
    contracts: asked.contracts,
    carbon_price_usd_t: Number(asked.carbonPrice),
    n_minus_1: true,
    frontier: asked.avoid ? { avoid: asked.avoid } : null,
  };
}

/** The form of a supply balance: what is asked, and how it is put to the server. */

import { signal } from "@preact/signals";
import type { SupplyRequest } from "../../contract";
import type { Context, World } from "../route/form";

export interface SupplyForm {
  /** Empty: all of the study's. */
  commodities: string[];
  embargo: string[];
  /** Who embargoes; empty: all others. */
  buyers: string[];
  world: World;
  /** Empty: the scenario's. */
  year: string;
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

export const FIRST_YEAR = 1900;
export const LAST_YEAR = 2200;
export const DEAREST_CARBON_USD_T = 10_000;

function isWithin(text: string, least: number, most: number): boolean {
  const value = Number(text);
  return value >= least && value <= most;
}

/** Return why a form cannot be sent, as the key of a text, or null. */
export function faultOf({ year, carbonPrice }: SupplyForm): string | null {
  const isYear = Number.isInteger(Number(year)) && isWithin(year, FIRST_YEAR, LAST_YEAR);
  if (year && !isYear) return "supply.fault.year";
  const isPrice = isWithin(carbonPrice, 0, DEAREST_CARBON_USD_T);
  return carbonPrice && !isPrice ? "supply.fault.carbon" : null;
}

/** The world that holds: without a run there is none of a run. */
export function worldOf(asked: Pick<SupplyForm, "world">, context: Pick<Context, "run">): World {
  return asked.world === "run" && !context.run ? "draft" : asked.world;
}

/** Put the form as a request. */
export function requestOf(asked: SupplyForm, context: Context): SupplyRequest {
  const world = worldOf(asked, context);
  const scenario = { run: context.run?.content ?? null, draft: context.draft, study: null }[world];
  const ownYear = world === "run" ? (context.run?.year ?? null) : null;
  return {
    study: context.study,
    scenario,
    commodities: asked.commodities.length > 0 ? asked.commodities : null,
    year: asked.year ? Number(asked.year) : ownYear,
    embargo: asked.embargo,
    buyers: asked.embargo.length > 0 && asked.buyers.length > 0 ? asked.buyers : null,
    contracts: asked.contracts,
    carbon_price_usd_t: Number(asked.carbonPrice),
    n_minus_1: true,
    frontier: asked.avoid ? { avoid: asked.avoid } : null,
  };
}

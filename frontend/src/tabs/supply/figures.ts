/** Figures of a supply balance: summed up by consumer country, by supplier and route, by stock. */

import type { SupplyAnswer, SupplyContract, SupplyDelivery, SupplyStop } from "../../contract";

/** Less than this, kt, is what the solver's arithmetic leaves. */
const LEAST_KT = 1e-3;

interface OfCommodity {
  commodity: string;
}

/** Return a test of rows by the commodity looked at; null lets all pass. */
function isOf(commodity: string | null): (row: OfCommodity) => boolean {
  return (row) => commodity === null || row.commodity === commodity;
}

function groups<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) found.set(keyOf(row), [...(found.get(keyOf(row)) ?? []), row]);
  return found;
}

function sumOf<T>(rows: readonly T[], value: (row: T) => number): number {
  return rows.reduce((sum, row) => sum + value(row), 0);
}

/** Return the mean over the tonnes for which a figure is known. */
function meanOf(
  rows: readonly SupplyDelivery[],
  value: (row: SupplyDelivery) => number | null,
): number | null {
  const known = rows.filter((row) => value(row) !== null);
  const kt = sumOf(known, (row) => row.kt);
  return kt > 0 ? sumOf(known, (row) => row.kt * (value(row) ?? 0)) / kt : null;
}

/** What is needed, comes and does not come, kt a year. */
export interface Need {
  need_kt: number;
  delivered_kt: number;
  unserved_kt: number;
}

export interface CountryNeed extends Need {
  country: string | null;
}

function needOf(delivered_kt: number, unserved_kt: number): Need {
  return { need_kt: delivered_kt + unserved_kt, delivered_kt, unserved_kt };
}

/** Return what all consumers need and get. */
export function totalNeed(answer: SupplyAnswer, commodity: string | null): Need {
  const rows = needsByCountry(answer, commodity);
  return needOf(
    sumOf(rows, (row) => row.delivered_kt),
    sumOf(rows, (row) => row.unserved_kt),
  );
}

/** Return what the consumers of each country need and get, the largest need first. */
export function needsByCountry(answer: SupplyAnswer, commodity: string | null): CountryNeed[] {
  const needs = new Map<string | null, { delivered: number; unserved: number }>();
  const add = (country: string | null, delivered: number, unserved: number) => {
    const need = needs.get(country) ?? { delivered: 0, unserved: 0 };
    need.delivered += delivered;
    need.unserved += unserved;
    needs.set(country, need);
  };
  for (const row of answer.deliveries.filter(isOf(commodity))) add(row.consumer_country, row.kt, 0);
  for (const row of answer.unserved.filter(isOf(commodity))) add(row.consumer_country, 0, row.kt);
  return [...needs]
    .map(([country, { delivered, unserved }]) => ({ country, ...needOf(delivered, unserved) }))
    .filter((row) => row.need_kt > LEAST_KT)
    .sort((a, b) => b.need_kt - a.need_kt);
}

/** What goes from a supplier along a route to whoever needs it. */
export interface Delivery {
  key: string;
  commodity: string;
  supplier: string;
  supplier_country: string | null;
  corridor: string | null;
  transit: string[];
  kt: number;
  share: number;
  cost_usd_t: number | null;
  days: number | null;
}

/** Return what goes from each supplier along each route, the most first. */
export function deliveriesByRoute(answer: SupplyAnswer, commodity: string | null): Delivery[] {
  const rows = answer.deliveries.filter(isOf(commodity));
  const total = sumOf(rows, (row) => row.kt);
  const keyOf = (row: SupplyDelivery) =>
    [row.commodity, row.supplier, row.corridor, ...row.transit].join(" ");
  return [...groups(rows, keyOf)]
    .map(([key, parts]) => {
      const first = parts[0] as SupplyDelivery;
      const kt = sumOf(parts, (row) => row.kt);
      return {
        key,
        commodity: first.commodity,
        supplier: first.supplier,
        supplier_country: first.supplier_country,
        corridor: first.corridor,
        transit: first.transit,
        kt,
        share: total > 0 ? kt / total : 0,
        cost_usd_t: meanOf(parts, (row) => row.cost_usd_t),
        days: meanOf(parts, (row) => row.days),
      };
    })
    .filter((row) => row.kt > LEAST_KT)
    .sort((a, b) => b.kt - a.kt);
}

/** Return what would not come of a commodity, or of all, if an element stopped, kt a year. */
export function deficitOf(stop: SupplyStop, commodity: string | null): number {
  return commodity === null ? stop.deficit_kt : (stop.deficits_kt[commodity] ?? 0);
}

/** Return the elements whose stop leaves need unserved or costs something, the worst first. */
export function worstStops(answer: SupplyAnswer, commodity: string | null): SupplyStop[] {
  const cost = (stop: SupplyStop) => stop.extra_cost_musd ?? 0;
  const deficit = (stop: SupplyStop) => deficitOf(stop, commodity);
  return (answer.n_minus_1 ?? [])
    .filter((stop) => deficit(stop) > LEAST_KT || cost(stop) > LEAST_KT)
    .sort((a, b) => deficit(b) - deficit(a) || cost(b) - cost(a));
}

export function brokenContracts(answer: SupplyAnswer, commodity: string | null): SupplyContract[] {
  return answer.contracts.filter(isOf(commodity)).filter((row) => row.short_kt > LEAST_KT);
}

const DAYS_OF_YEAR = 365;

/** A stock over the year. */
export interface StockYear {
  key: string;
  node: string;
  commodity: string;
  least_kt: number;
  most_kt: number;
  drawn_kt: number;
  /** How long its lowest level would last all consumers of its commodity; null: none needs any. */
  days: number | null;
}

/** Return each stock over the year, the fullest first. */
export function stockYears(answer: SupplyAnswer, commodity: string | null): StockYear[] {
  const rows = answer.stocks.filter(isOf(commodity));
  return [...groups(rows, (row) => `${row.node} ${row.commodity}`)]
    .map(([key, months]) => {
      const { node, commodity: goods } = months[0] as (typeof months)[number];
      const levels = months.map((month) => month.level_kt);
      const need_kt = totalNeed(answer, goods).need_kt;
      const least_kt = Math.min(...levels);
      return {
        key,
        node,
        commodity: goods,
        least_kt,
        most_kt: Math.max(...levels),
        drawn_kt: sumOf(months, (month) => month.drawn_kt),
        days: need_kt > 0 ? (DAYS_OF_YEAR * least_kt) / need_kt : null,
      };
    })
    .sort((a, b) => b.most_kt - a.most_kt);
}

/** Return countries by the share that avoids them, the least avoided first. */
export function avoidances(avoiding: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(avoiding)
    .filter(([, share]) => share < 1 - 1e-9)
    .sort((a, b) => a[1] - b[1]);
}

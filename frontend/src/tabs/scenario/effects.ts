/** Which changes an element takes: those that reach a figure that it has in the study. */

import type { Row, Study } from "../../data/model";
import type { Effect, Element } from "./edit";

const SMALLEST_FACTOR = 0.1;
export const LARGEST_FACTOR = 5;

/** An effect, and the factors that make a difference. */
export interface Choice {
  effect: Effect;
  smallest: number;
  largest: number;
}

const has = (row: Row, ...columns: string[]): boolean =>
  columns.some((name) => row[name] !== null && row[name] !== undefined);

const hasCost = (row: Row): boolean => has(row, "cost_usd_t", "cost_usd_teu", "tariff_id");
const hasCapacity = (row: Row): boolean => has(row, "capacity_kt_y", "capacity_teu_y");

function servicesOn(study: Study, link_id: string): Row[] {
  const frame = study.table("service");
  if (!frame.has("link_id")) return [];
  const link = frame.column("link_id");
  const id = frame.column("service_id");
  const rows: Row[] = [];
  for (let i = 0; i < frame.rows; i++) {
    if (link.text(i) !== link_id) continue;
    const row = study.row("service", "service_id", id.text(i) as string);
    if (row) rows.push(row);
  }
  return rows;
}

/** A service gains capacity only until it leaves as often as it is meant to. */
function mostCapacity(services: Row[]): number {
  const least = Math.min(1, ...services.map((row) => Number(row.availability ?? 1)));
  return Math.min(LARGEST_FACTOR, 1 / Math.max(least, 1 / LARGEST_FACTOR));
}

function choicesOfRow(study: Study, element: Element, row: Row): Choice[] {
  const found: Choice[] = [choice("closes")];
  if (element.kind === "link") {
    const services = servicesOn(study, element.id);
    if (hasCapacity(row)) found.push(choice("capacity"));
    else if (services.length) found.push(choice("capacity", mostCapacity(services)));
    found.push(choice("time"));
    if (hasCost(row)) found.push(choice("cost"));
  } else if (element.kind === "terminal") {
    if (hasCapacity(row)) found.push(choice("capacity"));
    if (has(row, "service_time_h", "dwell_h")) found.push(choice("time"));
    if (hasCost(row)) found.push(choice("cost"));
  } else {
    const link = study.row("link", "link_id", String(row.link_id));
    found.push(choice("capacity", mostCapacity([row])));
    if (has(row, "crossing_time_h")) found.push(choice("time"));
    if (link && hasCost(link)) found.push(choice("cost"));
  }
  return found;
}

function choice(effect: Effect, largest = LARGEST_FACTOR): Choice {
  return { effect, smallest: SMALLEST_FACTOR, largest };
}

/** Return the changes that make a difference to an element; none for one the study has not. */
export function choicesFor(study: Study, element: Element): Choice[] {
  if (element.kind === "country" || element.kind === "node") {
    return (["closes", "capacity", "time", "cost"] as const).map((effect) => choice(effect));
  }
  const row = study.row(element.kind, `${element.kind}_id`, element.id);
  return row ? choicesOfRow(study, element, row) : [];
}

/** Sliders go by ratios, so that a half and a double are as far from one. */
const POSITIONS_PER_DECADE = 20;

/** Return the factor at a position of a slider; position 0 is a factor of 1. */
export function factorAt(position: number): number {
  return Number((10 ** (position / POSITIONS_PER_DECADE)).toPrecision(2));
}

/** Return the position of a slider that is nearest to a factor. */
export function positionOf(factor: number): number {
  return Math.round(POSITIONS_PER_DECADE * Math.log10(factor)) + 0;
}

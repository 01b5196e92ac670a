/** Which figures of the study an element's panel shows, and how each is written. */

import type { Row } from "../data/model";
import { listOf, usesOf } from "../data/names";
import { countryName, formatDate, formatFigure, formatNumber, formatPercent, t } from "../i18n";

interface Figure {
  column: string;
  /** Key of its unit below `shell.unit`. */
  unit?: string;
  /** How it is written; a number if not said. */
  as?: "words" | "text" | "date" | "flag" | "uses" | "countries" | "percent" | "whole";
}

const OPENING: readonly Figure[] = [
  { column: "open_from", as: "date" },
  { column: "open_until", as: "date" },
];

const CAPACITY: readonly Figure[] = [
  { column: "capacity_kt_y", unit: "kt_y" },
  { column: "capacity_teu_y", unit: "teu_y" },
];

export const FIGURES: Record<string, readonly Figure[]> = {
  node: [
    { column: "kind", as: "words" },
    { column: "country", as: "countries" },
    { column: "unlocode", as: "text" },
    { column: "depth_m", unit: "m" },
  ],
  link: [
    { column: "mode", as: "words" },
    { column: "country", as: "countries" },
    { column: "length_km", unit: "km" },
    { column: "free_speed_km_h", unit: "km_h" },
    { column: "time_h", unit: "h" },
    ...CAPACITY,
    { column: "gauge_mm", unit: "mm", as: "whole" },
    { column: "electrified", as: "flag" },
    { column: "draught_m", unit: "m" },
    { column: "cost_usd_t", unit: "usd_t" },
    { column: "allowed_uses", as: "uses" },
    ...OPENING,
  ],
  terminal: [
    { column: "operation", as: "words" },
    { column: "neighbour", as: "countries" },
    { column: "dwell_h", unit: "h" },
    ...CAPACITY,
    { column: "servers", as: "whole" },
    { column: "service_time_h", unit: "h" },
    { column: "batch_t", unit: "t" },
    { column: "storage_t", unit: "t" },
    { column: "cost_usd_t", unit: "usd_t" },
    { column: "cost_usd_teu", unit: "usd_teu" },
    { column: "opening_hours", as: "text" },
    { column: "allowed_uses", as: "uses" },
    { column: "hazard_classes", as: "text" },
    ...OPENING,
  ],
  service: [
    { column: "operator", as: "text" },
    { column: "departure", as: "words" },
    { column: "departures_week", unit: "per_week" },
    { column: "crossing_time_h", unit: "h" },
    { column: "batch_capacity_t", unit: "t" },
    { column: "batch_capacity_teu", unit: "teu" },
    { column: "fleet", as: "whole" },
    { column: "availability", as: "percent" },
    { column: "max_wait_h", unit: "h" },
    { column: "draught_m", unit: "m" },
    { column: "allowed_uses", as: "uses" },
    { column: "hazard_classes", as: "text" },
    ...OPENING,
  ],
};

export interface FigureLine {
  column: string;
  label: string;
  value: string;
}

/** Write a figure with its unit, which no line break parts from it. */
export function withUnit(value: string, unit: string | undefined): string {
  return unit ? `${value}\u00a0${t(`shell.unit.${unit}`)}` : value;
}

function written({ column, as, unit }: Figure, row: Row): string {
  const value = row[column];
  if (as === "words") return t(`shell.${column}.${value}`);
  if (as === "text") return listOf(String(value)).join(", ");
  if (as === "date") return formatDate(String(value));
  if (as === "flag") return t(value ? "shell.yes" : "shell.no");
  if (as === "uses") return usesOf(row) ?? "";
  if (as === "countries") return listOf(String(value)).map(countryName).join(", ");
  if (as === "percent") return formatPercent(Number(value));
  const number = as === "whole" ? formatNumber(Number(value)) : formatFigure(Number(value));
  return withUnit(number, unit);
}

/** Return the figures that the study has of an element, in words. */
export function figureLines(kind: string, row: Row): FigureLine[] {
  const given = (FIGURES[kind] ?? []).filter(({ column }) => (row[column] ?? null) !== null);
  return given.map((figure) => ({
    column: figure.column,
    label: t(`shell.column.${figure.column}`),
    value: written(figure, row),
  }));
}

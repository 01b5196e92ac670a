/** Published observations in words: what was measured, over what, and how near the model is. */

import type { Row, Study } from "../data/model";
import { commodityName, corridorName, listOf, nameOf, placeName, shortName } from "../data/names";
import { countryName, formatFigure, formatPercent, t } from "../i18n";
import type { Selection } from "../state";

/** The band of a target without one of its own: within a fifth of the published value. */
const TOLERANCE = 0.2;
/** Scopes of more parts than this are counted, not listed. */
const MOST_PARTS = 2;

function partWords(study: Study, part: string): string {
  const [kind, id] = [part.slice(0, part.indexOf(":")), part.slice(part.indexOf(":") + 1)];
  if (kind === "corridor") return corridorName(study, id);
  if (kind === "od") {
    const [from, to] = id.split(">").map((place) => shortName(placeName(study, place)));
    return `${from} → ${to}`;
  }
  return nameOf(study, { kind: kind as Selection["kind"], id });
}

/** Say over what part of the network something was observed. */
export function scopeWords(study: Study, scope: string): string {
  const parts = listOf(scope);
  const first = parts.slice(0, MOST_PARTS).map((part) => partWords(study, part));
  // Links side by side between the same places are one course for a reader.
  const named = [...new Set(first)].join(", ");
  const more = parts.length - MOST_PARTS;
  return more > 0 ? t("shell.validation.and_more", { named, more }) : named;
}

/** Say of which goods, ways and countries an observation is. */
export function limitsWords(study: Study, row: Row): string {
  const countries = (column: string) => listOf(row[column] as string | null).map(countryName);
  const [origins, destinations] = [
    countries("origin_countries"),
    countries("destination_countries"),
  ];
  const goods = listOf(row.commodity_ids as string | null);
  return [
    row.direction && row.direction !== "both" ? t(`shell.direction.${row.direction}`) : "",
    origins.length ? t("shell.validation.from", { places: someOf(origins) }) : "",
    destinations.length ? t("shell.validation.to", { places: someOf(destinations) }) : "",
    goods.length > MOST_PARTS
      ? t("shell.validation.goods", { count: goods.length })
      : goods.map((id) => commodityName(study, id)).join(", "),
  ]
    .filter(Boolean)
    .join("; ");
}

function someOf(names: readonly string[]): string {
  if (names.length <= 3) return names.join(", ");
  const named = names.slice(0, MOST_PARTS).join(", ");
  return t("shell.validation.and_more", { named, more: names.length - MOST_PARTS });
}

/** Write a value of a metric with its unit. */
export function metricValue(metric: string, value: number | null): string {
  if (metric === "share") return formatPercent(value, 1);
  return `${formatFigure(value)}\u00a0${t(`shell.metric.${metric}.unit`)}`;
}

/** Write what was published: a value, or the range that it was published as. */
export function publishedValue(row: Row, column: "published" | "value"): string {
  const metric = String(row.metric);
  const [low, high] = [row.low as number | null, row.high as number | null];
  if (low === null || high === null) return metricValue(metric, row[column] as number | null);
  const range = { low: bare(metric, low), high: metricValue(metric, high) };
  return t("shell.validation.range", range);
}

function bare(metric: string, value: number): string {
  return metric === "share" ? formatPercent(value, 1) : formatFigure(value);
}

/** Return the band of a target as ratios to the published value. */
export function targetBand(row: Row): { low: number; high: number } {
  const published = Number(row.published);
  const ratio = (bound: unknown, plain: number) =>
    bound === null || bound === undefined || !published ? plain : Number(bound) / published;
  return { low: ratio(row.low, 1 - TOLERANCE), high: ratio(row.high, 1 + TOLERANCE) };
}

/** What suppliers, limits and routes of a balance are called, and what they select. */

import type { Study } from "../../data/model";
import {
  centreOf,
  corridorName,
  elementName,
  elementRow,
  placeName,
  selectionOf,
  shortName,
} from "../../data/names";
import { countryName, t, tOr } from "../../i18n";
import { flyTo, type Selection, selected } from "../../state";
import { listed } from "../scenario/names";

const STOCK = /^stock of (.+)$/;
/** Kinds of element that the study has a table of. */
const OWN_KINDS = ["link", "terminal", "service"];

function isCountry(study: Study, id: string): boolean {
  return /^[A-Z]{2}$/.test(id) && study.row("node", "node_id", id) === null;
}

/** Return a supplier in words: a producer, all producers of a country, or a stock. */
export function supplierName(study: Study, supplier: string): string {
  if (isCountry(study, supplier)) return countryName(supplier);
  const node = STOCK.exec(supplier)?.[1];
  const name = shortName(placeName(study, node ?? supplier));
  return node ? t("supply.stock-of", { place: name }) : name;
}

/** Return a route in words: its corridor, and the countries that it crosses. */
export function routeName(
  study: Study,
  corridor: string | null,
  transit: readonly string[],
): string {
  const through = transit.length
    ? t("supply.through", { countries: listed(transit.map(countryName)) })
    : t("supply.no-transit");
  return corridor ? `${corridorName(study, corridor)}, ${through}` : through;
}

/** Return what a limit or a stop selects on the map; null where it has no place there. */
export function selectionFor(study: Study, kind: string, element: string): Selection | null {
  if (kind === "contract" || kind === "corridor") return null;
  if (isCountry(study, element)) return { kind: "country", id: element };
  const wanted = OWN_KINDS.includes(kind)
    ? selectionOf(element, kind)
    : kind === "blend"
      ? selectionOf(element, "link")
      : { kind: "node" as const, id: STOCK.exec(element)?.[1] ?? element };
  return elementRow(study, wanted) ? wanted : null;
}

/** Return what a limit or a stop is called; `own` is what it is called where it has no place. */
export function limitName(
  study: Study,
  kind: string,
  element: string,
  own: string | null = null,
): string {
  if (kind === "supplier") return supplierName(study, element);
  if (kind === "corridor") return corridorName(study, element);
  const selection = selectionFor(study, kind, element);
  return selection ? elementName(study, element, selection.kind) : (own ?? element);
}

/** Select an element, and show where it is. */
export function show(study: Study, selection: Selection | null): void {
  if (!selection) return;
  selected.value = selection;
  const centre = centreOf(study, selection);
  if (centre) flyTo.value = centre;
}

/** Return what kind of thing a limit or a stop is, in words. */
export function kindName(kind: string): string {
  return tOr(`supply.kind.${kind}`, kind);
}

/** Return the row whose element is selected, or null. */
export function selectedAmong<Row extends { kind: string; element: string }>(
  study: Study,
  rows: readonly Row[],
): Row | null {
  const now = selected.value;
  if (!now) return null;
  const isSelected = ({ kind, element }: Row) => {
    const selection = selectionFor(study, kind, element);
    return selection?.id === now.id && selection.kind === now.kind;
  };
  return rows.find(isSelected) ?? null;
}

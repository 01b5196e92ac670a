/** What the places and elements of a study are called, in the reader's language. */

import type { ElementKind, RouteItinerary } from "../contract";
import { countryName, t, tOr } from "../i18n";
import type { Selection } from "../state";
import type { Row, Study } from "./model";

/** What stands between the services that leave from the same berth. */
const TOGETHER = / \+ |\|/;

const text = (row: Row, column: string): string | null => {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
};

/** Return the parts of a cell that holds several values. */
export function listOf(cell: string | null | undefined): string[] {
  return (cell ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}

/** Return a name without what stands in brackets or behind a dash. */
export function shortName(name: string): string {
  return name.split(/ [(/-]/)[0] as string;
}

/** Return the row of an element of the study, or null; countries have none. */
export function elementRow(study: Study, { kind, id }: Selection): Row | null {
  return kind === "country" ? null : study.row(kind, `${kind}_id`, id);
}

export function placeName(study: Study, id: string): string {
  const row = study.row("node", "node_id", id);
  return (row && text(row, "name")) ?? id;
}

function linkName(study: Study, row: Row): string {
  const ends = [row.from_node_id, row.to_node_id].map((end) =>
    shortName(placeName(study, String(end))),
  );
  const course = ends.join(row.directed ? " → " : " – ");
  const own = text(row, "name");
  return own ? `${own}: ${course}` : course;
}

function terminalName(study: Study, row: Row): string {
  const own = text(row, "name");
  return own ?? `${operationName(row)}, ${shortName(placeName(study, String(row.node_id)))}`;
}

/** Return what is done at a terminal, without where. */
export function operationName(row: Row): string {
  const operation = text(row, "operation") ?? "";
  const neighbour = text(row, "neighbour");
  return t(`shell.terminal.${operation}${neighbour && operation === "border" ? "_with" : ""}`, {
    neighbour: neighbour ? countryName(neighbour) : "",
    from: t(`shell.mode.${row.from_mode}`),
    to: t(`shell.mode.${row.to_mode}`),
  });
}

function serviceName(study: Study, row: Row): string {
  const own = text(row, "name");
  if (own) return own;
  const link = study.row("link", "link_id", String(row.link_id));
  return [text(row, "operator"), link && linkName(study, link)].filter(Boolean).join(": ");
}

/** Return what an element is called; its id if the study does not know it. */
export function nameOf(study: Study, selection: Selection): string {
  const { kind, id } = selection;
  if (kind === "country") return countryName(id);
  const row = elementRow(study, selection);
  if (!row) return id;
  if (kind === "node") return text(row, "name") ?? id;
  if (kind === "link") return linkName(study, row);
  return kind === "terminal" ? terminalName(study, row) : serviceName(study, row);
}

/** Return which kinds of cargo an element takes, in words; null where it takes all. */
export function usesOf(row: Row): string | null {
  const uses = listOf(text(row, "allowed_uses"));
  if (!uses.length) return null;
  return uses.map(useName).join(", ");
}

/** Return a kind of cargo in words; a study may have kinds of its own. */
export function useName(use: string): string {
  return tOr(`shell.use.${use}`, use);
}

/** Return the ids that an element of a run stands for: services of one berth are one element. */
export function elementIds(element: string): string[] {
  return element.split(TOGETHER);
}

/** Return what an element of a run selects. */
export function selectionOf(element: string, kind: string): Selection {
  return { kind: kind as ElementKind, id: elementIds(element)[0] as string };
}

/** Return what an element of a run is called. */
export function elementName(study: Study, element: string, kind: string): string {
  const names = elementIds(element).map((id) => nameOf(study, { kind: kind as ElementKind, id }));
  return [...new Set(names)].join(" + ");
}

export function corridorName(study: Study, id: string): string {
  const row = study.row("corridor", "corridor_id", id);
  return (row && text(row, "name")) ?? id;
}

/** Return what an itinerary is called: its corridor, or the countries that it crosses. */
export function wayName({ corridor, countries }: RouteItinerary, study: Study | null): string {
  if (corridor) return study ? corridorName(study, corridor) : corridor;
  return countries.map(countryName).join(" – ");
}

export function commodityName(study: Study, id: string): string {
  const row = study.row("commodity", "commodity_id", id);
  return (row && text(row, "name")) ?? id;
}

/** Where an element is: of links the middle of their ends, of countries that of their places. */
export function centreOf(
  study: Study,
  selection: Selection,
): { longitude: number; latitude: number } | null {
  const nodes = placesOf(study, selection)
    .map((id) => study.row("node", "node_id", id))
    .filter((row) => row !== null);
  if (!nodes.length) return null;
  const mean = (column: string) =>
    nodes.reduce((sum, row) => sum + Number(row[column]), 0) / nodes.length;
  return { longitude: mean("x_coord"), latitude: mean("y_coord") };
}

/** Return where an element is marked: terminals at their place, services on their link. */
export function markOf(study: Study, selection: Selection): Selection {
  const row = elementRow(study, selection);
  if (row && selection.kind === "terminal") return { kind: "node", id: String(row.node_id) };
  if (row && selection.kind === "service") return { kind: "link", id: String(row.link_id) };
  return selection;
}

/** Return the nodes at which an element is. */
export function placesOf(study: Study, selection: Selection): string[] {
  const { kind, id } = selection;
  if (kind === "node") return [id];
  if (kind === "country") return nodesOfCountry(study, id);
  const row = elementRow(study, selection);
  if (!row) return [];
  if (kind === "terminal") return [String(row.node_id)];
  if (kind === "service") return placesOf(study, { kind: "link", id: String(row.link_id) });
  return [String(row.from_node_id), String(row.to_node_id)];
}

function nodesOfCountry(study: Study, country: string): string[] {
  const nodes = study.table("node");
  if (!nodes.rows) return [];
  const [ids, countries] = [nodes.column("node_id"), nodes.column("country")];
  return Array.from({ length: nodes.rows }, (_, row) => row)
    .filter((row) => countries.text(row) === country)
    .map((row) => ids.text(row) ?? "");
}

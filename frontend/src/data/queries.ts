/** What a study and a run say of one element. */

import type { Direction, Selection } from "../state";
import { type Frame, rowOf } from "./frame";
import type { Row, Run, Study, Tables } from "./model";
import { elementIds, listOf, placesOf } from "./names";

/** Return the rows that a test takes, as objects. */
export function rowsWhere(frame: Frame, takes: (row: number) => boolean): Row[] {
  const rows: Row[] = [];
  for (let row = 0; row < frame.rows; row++) if (takes(row)) rows.push(rowOf(frame, row));
  return rows;
}

/** Gather rows by a key, both in the order in which they come. */
export function groupRows<Item = Row>(
  rows: readonly Item[],
  keyOf: (row: Item) => string,
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

export function allRows(frame: Frame): Row[] {
  return rowsWhere(frame, () => true);
}

/** Return the rows whose column has this value. */
export function rowsOf(tables: Tables, table: string, column: string, value: string): Row[] {
  const frame = tables.table(table);
  if (!frame.has(column)) return [];
  const cells = frame.column(column);
  return rowsWhere(frame, (row) => cells.text(row) === value);
}

/** How much of a commodity goes each way. */
export interface CommodityFlow {
  commodity_id: string;
  /** Of links and services westbound and eastbound; of places in and out. */
  first: number;
  second: number;
}

export interface Flows {
  ways: "direction" | "border";
  commodities: CommodityFlow[];
}

type Side = "first" | "second";

class FlowSum {
  private readonly flows = new Map<string, CommodityFlow>();

  add(commodity_id: string, side: Side, quantity: number): void {
    const flow = this.flows.get(commodity_id) ?? { commodity_id, first: 0, second: 0 };
    flow[side] += quantity;
    this.flows.set(commodity_id, flow);
  }

  /** The largest first. */
  list(): CommodityFlow[] {
    const total = (flow: CommodityFlow) => flow.first + flow.second;
    return [...this.flows.values()]
      .filter((flow) => total(flow) > 0)
      .sort((a, b) => total(b) - total(a));
  }
}

/** The tables of flows, and the column that names their element. */
const FLOW_TABLES = {
  link: ["flows", "link_id"],
  terminal: ["terminals", "terminal_id"],
  service: ["services", "service_id"],
} as const;

/** Add up what a run carries over an element, by commodity and way; `unit` is kt or kteu. */
export function flowsOf(run: Run, study: Study, selection: Selection, unit: "kt" | "kteu"): Flows {
  const { kind } = selection;
  if (kind === "node" || kind === "country") {
    return { ways: "border", commodities: flowsOverBorder(run, study, selection, unit) };
  }
  const [table, key] = FLOW_TABLES[kind];
  return {
    ways: "direction",
    commodities: flowsByDirection(run.table(table), key, selection, unit),
  };
}

function flowsByDirection(
  frame: Frame,
  key: string,
  { id }: Selection,
  unit: "kt" | "kteu",
): CommodityFlow[] {
  const sum = new FlowSum();
  if (!frame.rows) return [];
  const [elements, direction] = [frame.column(key), frame.column("direction")];
  const [commodity, quantity] = [frame.column("commodity_id"), frame.column(unit)];
  for (let row = 0; row < frame.rows; row++) {
    // Services of one berth are one element.
    if (!elementIds(elements.text(row) ?? "").includes(id)) continue;
    const side = direction.text(row) === "westbound" ? "first" : "second";
    sum.add(commodity.text(row) ?? "", side, quantity.number(row) ?? 0);
  }
  return sum.list();
}

/** What arrives at a place, or in a country, over links from outside, and what leaves it. */
function flowsOverBorder(
  run: Run,
  study: Study,
  selection: Selection,
  unit: "kt" | "kteu",
): CommodityFlow[] {
  const frame = run.table("flows");
  const sum = new FlowSum();
  if (!frame.rows) return [];
  const inside = new Set(placesOf(study, selection));
  const [from, to] = [frame.column("from_node_id"), frame.column("to_node_id")];
  const [commodity, quantity] = [frame.column("commodity_id"), frame.column(unit)];
  for (let row = 0; row < frame.rows; row++) {
    const leaves = inside.has(from.text(row) ?? "");
    const arrives = inside.has(to.text(row) ?? "");
    if (leaves === arrives) continue;
    sum.add(commodity.text(row) ?? "", arrives ? "first" : "second", quantity.number(row) ?? 0);
  }
  return sum.list();
}

/** Return the elements of a run that an element of the study is, or is part of. */
export function elementsOf(run: Run, table: string, { kind, id }: Selection): Row[] {
  const frame = run.table(table);
  if (!frame.rows) return [];
  const [element, kinds] = [frame.column("element"), frame.column("kind")];
  return rowsWhere(
    frame,
    (row) => kinds.text(row) === kind && elementIds(element.text(row) ?? "").includes(id),
  );
}

/**
 * Return the row of another table for the same element, way and unit; a row without unit
 * counts all goods of its element together.
 */
export function sameElement(rows: readonly Row[], row: Row): Row | null {
  const same = (other: Row) =>
    other.element === row.element &&
    other.forward === row.forward &&
    (other.unit === row.unit || other.unit === null);
  return rows.find(same) ?? null;
}

/** Return the events of the study that hit an element, the first first. */
export function eventsOf(study: Study, { kind, id }: Selection): Row[] {
  const frame = study.table("event");
  if (!frame.rows) return [];
  const [kinds, ids] = [frame.column("element_kind"), frame.column("element_id")];
  const rows = rowsWhere(frame, (row) => kinds.text(row) === kind && ids.text(row) === id);
  return rows.sort((a, b) => String(a.from_date).localeCompare(String(b.from_date)));
}

/** Tell whether the scope of an observation names an element: `node:KZSCO`, `od:CNXIA>AZBAK`. */
export function scopeNames(scope: string | null, { kind, id }: Selection): boolean {
  return listOf(scope).some((part) => {
    if (part === `${kind}:${id}`) return true;
    return kind === "node" && part.startsWith("od:") && part.slice(3).split(">").includes(id);
  });
}

/** Return the published observations whose scope names an element, the newest first. */
export function observationsOf(study: Study, selection: Selection): Row[] {
  const frame = study.table("observation");
  if (!frame.rows) return [];
  const scope = frame.column("scope");
  const rows = rowsWhere(frame, (row) => scopeNames(scope.text(row), selection));
  return rows.sort((a, b) => Number(b.year) - Number(a.year));
}

/** What a run carries over a corridor; means are weighted by tonnes. */
export interface CorridorSum {
  corridor: string;
  kt: number;
  /** NaN: not known. */
  kteu: number;
  /** Of the kt of all corridors, the same ways. */
  share: number;
  days_mean: number | null;
  cost_usd_t: number | null;
  co2_kg_t: number | null;
}

const MEANS = ["days_mean", "cost_usd_t", "co2_kg_t"] as const;

/** Add up the corridors of a run over the directions asked for, the largest first. */
export function corridorSums(run: Run, direction: Direction): CorridorSum[] {
  const rows = corridorRows(run).filter(
    (row) => direction === "both" || row.direction === direction,
  );
  const total = rows.reduce((sum, row) => sum + Number(row.kt), 0);
  const byCorridor = groupRows(rows, (row) => String(row.corridor));
  const sums = [...byCorridor].map(([corridor, parts]) => corridorSum(corridor, parts, total));
  return sums.sort((a, b) => b.kt - a.kt);
}

/** Rows by corridor and direction; of a run that was only simulated, what that found. */
function corridorRows(run: Run): Row[] {
  if (run.has("corridors")) return allRows(run.table("corridors"));
  return allRows(run.table("simulated_corridors"))
    .filter((row) => Number(row.kt) > 0)
    .map((row) => ({ ...row, days_mean: row.mean_days ?? null }));
}

function corridorSum(corridor: string, parts: readonly Row[], total: number): CorridorSum {
  const sum = (column: string) =>
    parts.reduce((all, row) => all + Number(row[column] ?? Number.NaN), 0);
  const kt = sum("kt");
  const mean = (column: string): number | null => {
    if (kt <= 0 || parts.some((row) => typeof row[column] !== "number")) return null;
    return parts.reduce((all, row) => all + Number(row[column]) * Number(row.kt), 0) / kt;
  };
  const [days_mean, cost_usd_t, co2_kg_t] = MEANS.map(mean) as [number, number, number];
  const share = total > 0 ? kt / total : 0;
  return { corridor, kt, kteu: sum("kteu"), share, days_mean, cost_usd_t, co2_kg_t };
}

/** From these on an element binds: as in `AssignmentResult.bottlenecks`. */
const CLOSE_TO_FULL = 0.8;
const WORTH_TELLING_USD_T = 0.01;

/**
 * Return the elements that cost most in scarcity and waiting, the worst first; of a run that was
 * only simulated, those at which most tonnes wait longest.
 */
export function bottlenecks(run: Run, count: number): Row[] {
  if (!run.has("elements")) return simulatedBottlenecks(run, count);
  const rows = allRows(run.table("elements")).filter(
    (row) =>
      Number(row.utilisation) > CLOSE_TO_FULL || Number(row.scarcity_usd_t) > WORTH_TELLING_USD_T,
  );
  const worse = (a: Row, b: Row, column: string) => Number(b[column]) - Number(a[column]);
  rows.sort((a, b) => worse(a, b, "scarcity_kusd") || worse(a, b, "waiting_kt_h"));
  return rows.slice(0, count);
}

function simulatedBottlenecks(run: Run, count: number): Row[] {
  return allRows(run.table("simulated_elements"))
    .filter((row) => Number(row.waiting_kt_h) > 0)
    .sort((a, b) => Number(b.waiting_kt_h) - Number(a.waiting_kt_h))
    .slice(0, count);
}

/** A point of a queue over time. */
export interface QueueWeek {
  from_date: string;
  queue_mean: number;
}

/** Return the mean queue of each week at an element, by unit and way. */
export function queueWeeks(run: Run, selection: Selection): { row: Row; weeks: QueueWeek[] }[] {
  const rows = elementsOf(run, "simulated_series", selection);
  const groups = groupRows(rows, (row) => `${row.element} ${row.forward} ${row.unit}`);
  return [...groups.values()].map((group) => ({
    row: group[0] as Row,
    weeks: group
      .map((row) => ({ from_date: String(row.from_date), queue_mean: Number(row.queue_mean) }))
      .sort((a, b) => a.from_date.localeCompare(b.from_date)),
  }));
}

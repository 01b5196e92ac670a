/** Two runs side by side: which are chosen, and in what they differ. */

import { computed, signal } from "@preact/signals";
import type { Problem, RowChange, RunDifference, RunInfo, TableDifference } from "../../contract";
import { getDifference, problemsOf } from "../../data/api";
import type { Study } from "../../data/model";
import { corridorName, placeName, shortName } from "../../data/names";
import { t, tOr } from "../../i18n";
import { runs, type Selection, study } from "../../state";
import { limitName, selectionFor } from "../supply/names";

/** Tables whose changes a reader looks for, in this order. */
const SHOWN_TABLES = ["corridors", "elements", "terminals", "services", "unserved"];

/** Runs of the open study that are done, the newest first. */
export const comparable = computed<RunInfo[]>(() =>
  runs.value.filter(({ state, study: of }) => state === "done" && of === study.value?.page.study),
);

const asked = signal<{ before: string | null; after: string | null }>({
  before: null,
  after: null,
});

/** The runs chosen; at first the newest, and the one before it. */
export const pair = computed(() => {
  const known = comparable.value.map((info) => info.run_id);
  const { before, after } = asked.value;
  return {
    before: before !== null && known.includes(before) ? before : (known[1] ?? null),
    after: after !== null && known.includes(after) ? after : (known[0] ?? null),
  };
});

export const found = signal<RunDifference | null>(null);
export const problems = signal<Problem[]>([]);

export function choose(part: Partial<{ before: string; after: string }>): void {
  asked.value = { ...pair.value, ...part };
  found.value = null;
  problems.value = [];
}

/** Ask in what the runs differ that are chosen. */
export async function compare(): Promise<void> {
  const { before, after } = pair.value;
  if (before === null || after === null) return;
  const isCurrent = () => pair.value.before === before && pair.value.after === after;
  problems.value = [];
  try {
    const answer = await getDifference(before, after);
    if (isCurrent()) found.value = answer;
  } catch (error) {
    if (!isCurrent()) return;
    found.value = null;
    problems.value = problemsOf(error);
  }
}

/** Return the tables with changes that are worth a look, corridors and elements first. */
export function shownTables({ tables }: RunDifference): TableDifference[] {
  return SHOWN_TABLES.flatMap((name) => tables.filter(({ table }) => table === name)).filter(
    ({ columns }) => columns.length > 0,
  );
}

/** Return what the row of a change is about: an element, a corridor, or who is not served. */
export function rowName(world: Study, table: string, { row }: RowChange): string {
  const place = (id: string | null | undefined) => shortName(placeName(world, id ?? ""));
  if (table === "corridors") return corridorName(world, row.corridor ?? "");
  if (table === "unserved") return `${place(row.origin)} → ${place(row.destination)}`;
  const { kind, element } = elementOf(table, row);
  return limitName(world, kind, element);
}

/** Return what tells the row from others of the same name: direction, goods, unit. */
export function rowDetail({ row }: RowChange): string {
  const direction = row.direction && t(`shell.direction.${row.direction}`);
  const reason = row.reason && tOr(`shell.reason.${row.reason.replaceAll(" ", "_")}`, row.reason);
  const way = row.forward && t(`difference.forward.${row.forward}`);
  const goods = row.commodity_id ?? row.commodity;
  return [direction ?? way, goods, row.unit, reason].filter(Boolean).join(", ");
}

/** Return what a row selects on the map, or null. */
export function rowSelection(world: Study, table: string, { row }: RowChange): Selection | null {
  if (table === "corridors" || table === "unserved") return null;
  const { kind, element } = elementOf(table, row);
  return selectionFor(world, kind, element);
}

function elementOf(table: string, row: RowChange["row"]): { kind: string; element: string } {
  if (table === "elements") return { kind: row.kind ?? "", element: row.element ?? "" };
  const kind = table.slice(0, -1);
  return { kind, element: row[`${kind}_id`] ?? "" };
}

/** Tables: numbers to the right, sorted by a click on a heading, rows that can be selected. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export type SortValue = string | number | boolean | null;

export interface TableColumn<Row> {
  key: string;
  title: string;
  /** Shown under the title. */
  unit?: string;
  /** What the column is sorted by; a column without is not sortable. */
  value?: (row: Row) => SortValue;
  /** What is shown; `value` as it is, if there is none. */
  cell?: (row: Row) => ComponentChildren;
  /** Numbers stand to the right. */
  number?: boolean;
}

export interface TableSort {
  key: string;
  descending: boolean;
}

export interface TableProps<Row> {
  caption: string;
  hideCaption?: boolean;
  /** The first column is the heading of its row. */
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sort?: TableSort;
  /** Of the rows as they are sorted, at most so many are shown. */
  most?: number;
  /** The heading of a row is a button that calls this. */
  onSelect?: (row: Row) => void;
  selectedKey?: string | null;
}

/** Compare values: numbers by size, texts by the alphabet, null after everything. */
function compareValues(a: SortValue, b: SortValue, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order =
    typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : Number(a) - Number(b);
  return descending ? -order : order;
}

/** Return the rows by a column; rows that are equal in it keep their order. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  sort: TableSort | null,
): readonly Row[] {
  const value = sort && columns.find((column) => column.key === sort.key)?.value;
  if (!value) return rows;
  return [...rows].sort((a, b) => compareValues(value(a), value(b), sort.descending));
}

export function Table<Row>(props: TableProps<Row>) {
  const { caption, hideCaption, columns, rows, rowKey, onSelect, selectedKey } = props;
  const [sort, setSort] = useState<TableSort | null>(props.sort ?? null);
  return (
    <div class="ui-table-box">
      <table class="ui-table">
        <caption class={hideCaption ? "ui-hidden" : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.key} column={column} sort={sort} onSort={setSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sortRows(rows, columns, sort)
            .slice(0, props.most)
            .map((row) => (
              <tr
                key={rowKey(row)}
                data-selected={selectedKey === rowKey(row) ? "true" : undefined}
              >
                {columns.map((column, position) => (
                  <Cell
                    key={column.key}
                    column={column}
                    row={row}
                    heading={position === 0}
                    onSelect={position === 0 ? onSelect : undefined}
                    selected={selectedKey === rowKey(row)}
                  />
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadingProps<Row> {
  column: TableColumn<Row>;
  sort: TableSort | null;
  onSort: (sort: TableSort) => void;
}

function Heading<Row>({ column, sort, onSort }: HeadingProps<Row>) {
  const sorted = sort?.key === column.key ? sort : null;
  // Numbers are looked at from the largest, names from the first letter.
  const descending = sorted ? !sorted.descending : Boolean(column.number);
  return (
    <th
      scope="col"
      class={column.number ? "ui-number" : undefined}
      aria-sort={sorted ? (sorted.descending ? "descending" : "ascending") : undefined}
    >
      {column.value ? (
        <button
          type="button"
          class="ui-sort"
          onClick={() => onSort({ key: column.key, descending })}
        >
          {column.title}
          {sorted && <span aria-hidden="true">{sorted.descending ? " ▾" : " ▴"}</span>}
        </button>
      ) : (
        column.title
      )}
      {column.unit && <span class="ui-table-unit">{column.unit}</span>}
    </th>
  );
}

interface CellProps<Row> {
  column: TableColumn<Row>;
  row: Row;
  heading: boolean;
  selected: boolean;
  onSelect?: (row: Row) => void;
}

function Cell<Row>({ column, row, heading, selected, onSelect }: CellProps<Row>) {
  const content = column.cell ? column.cell(row) : column.value?.(row);
  const kind = column.number ? "ui-number" : undefined;
  if (!heading) return <td class={kind}>{content}</td>;
  return (
    <th scope="row" class={kind}>
      {onSelect ? (
        <button
          type="button"
          class="ui-row-select"
          aria-pressed={selected}
          onClick={() => onSelect(row)}
        >
          {content}
        </button>
      ) : (
        content
      )}
    </th>
  );
}

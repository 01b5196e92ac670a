/** In what two runs differ: what they were asked, and what came out. */

import { useState } from "preact/hooks";
import type { Plain, RowChange, TableDifference } from "../../contract";
import type { Study } from "../../data/model";
import { formatDifference, formatFigure, formatPower, MISSING, t, tOr } from "../../i18n";
import { study } from "../../state";
import { Button, Disclosure, Section, Select, Table } from "../../ui";
import { LongTable } from "../questions/LongTable";
import { Problems } from "../scenario/Problems";
import { show } from "../supply/names";
import {
  choose,
  comparable,
  compare,
  found,
  pair,
  problems,
  rowDetail,
  rowName,
  rowSelection,
  shownTables,
} from "./difference";
import { runLabel } from "./words";

const SMALL = 1e-3;

export function Differences() {
  const world = study.value;
  const known = comparable.value;
  const { before, after } = pair.value;
  if (!world || known.length < 2) return null;
  const options = known.map((info) => ({ value: info.run_id, label: runLabel(info) }));
  return (
    <Section title={t("difference.title")}>
      <form
        class="work-form"
        onSubmit={(event) => {
          event.preventDefault();
          void compare();
        }}
      >
        <Select
          label={t("difference.before")}
          value={before ?? ""}
          options={options}
          onChange={(value) => choose({ before: value })}
        />
        <Select
          label={t("difference.after")}
          value={after ?? ""}
          options={options}
          onChange={(value) => choose({ after: value })}
        />
        <div class="work-buttons">
          <Button type="submit" disabled={before === after}>
            {t("difference.show")}
          </Button>
        </div>
      </form>
      <Problems problems={problems.value} title={t("work.refused")} />
      <div aria-live="polite">{found.value?.equal && <p>{t("difference.equal")}</p>}</div>
      {found.value && (
        <>
          <Inputs />
          {shownTables(found.value).map((table) => (
            <Changes key={table.table} study={world} difference={table} />
          ))}
        </>
      )}
    </Section>
  );
}

function plain(value: Plain | undefined): string {
  if (value === null || value === undefined) return MISSING;
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return t(value ? "difference.yes" : "difference.no");
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  // A digest is only told apart by its first digits.
  return /^[0-9a-f]{32,}$/.test(value) ? `${value.slice(0, 8)}…` : value;
}

/** Whole numbers may be years; residuals are very small. */
function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < SMALL ? formatPower(value) : formatFigure(value);
}

/** What the runs were asked, and the single numbers that came out. */
function Inputs() {
  const { inputs = [], figures = [] } = found.value ?? {};
  const rows = [
    ...inputs.map(({ input, ...rest }) => ({ name: input, ...rest })),
    ...figures.map(({ figure, ...rest }) => ({ name: figure, ...rest })),
  ];
  if (rows.length === 0) return <p class="panel-soft">{t("difference.inputs.none")}</p>;
  return (
    <LongTable
      caption={t("difference.inputs")}
      rows={rows}
      rowKey={(row) => row.name}
      columns={[
        {
          key: "name",
          title: t("difference.column.what"),
          value: (row) => row.name,
          cell: (row) => (
            <span class="work-input" lang="en">
              {row.name}
            </span>
          ),
        },
        {
          key: "before",
          title: t("difference.column.before"),
          cell: (row) => <span lang="en">{plain(row.before)}</span>,
        },
        {
          key: "after",
          title: t("difference.column.after"),
          cell: (row) => <span lang="en">{plain(row.after)}</span>,
        },
      ]}
    />
  );
}

/** The largest changes of a table, in one of its figures. */
function Changes({ study: world, difference }: { study: Study; difference: TableDifference }) {
  const { table, columns, only_before, only_after } = difference;
  const [asked, setAsked] = useState(columns[0]?.column);
  const shown = columns.find(({ column }) => column === asked) ?? columns[0];
  if (!shown) return null;
  const title = tOr(`difference.table.${table}`, table);
  const name = (change: RowChange) => rowName(world, table, change);
  return (
    <Disclosure title={title} open={table === "corridors" || table === "elements"}>
      <div class="work-form">
        <Select
          label={t("difference.figure")}
          value={shown.column}
          options={columns.map(({ column }) => ({
            value: column,
            label: tOr(`difference.column.${column}`, column),
          }))}
          onChange={setAsked}
        />
        {only_before + only_after > 0 && (
          <p class="ui-hint">{t("difference.only", { before: only_before, after: only_after })}</p>
        )}
        <Table
          caption={t("difference.largest", { changed: shown.changed })}
          rows={shown.largest}
          rowKey={(change) => Object.values(change.row).join()}
          onSelect={
            table === "corridors" || table === "unserved"
              ? undefined
              : (change) => show(world, rowSelection(world, table, change))
          }
          columns={[
            {
              key: "row",
              title,
              value: name,
              cell: (change) => (
                <>
                  {name(change)}
                  <span class="work-second">{rowDetail(change)}</span>
                </>
              ),
            },
            ...(["before", "after"] as const).map((end) => ({
              key: end,
              title: t(`difference.column.${end}`),
              number: true,
              value: (change: RowChange) => change[end],
              cell: (change: RowChange) => formatFigure(change[end]),
            })),
            {
              key: "change",
              title: t("difference.column.change"),
              number: true,
              value: (change) => change.change,
              cell: (change) => formatDifference(change.change),
            },
          ]}
        />
      </div>
    </Disclosure>
  );
}

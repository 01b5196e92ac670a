/** The elements that hold flows up most. */

import { useMemo } from "preact/hooks";
import type { Row, Run, Study } from "../../data/model";
import { centreOf, elementName, elementRow, selectionOf, usesOf } from "../../data/names";
import { bottlenecks, elementsOf, sameElement } from "../../data/queries";
import { formatFigure, formatPercent, t } from "../../i18n";
import { flyTo, selected } from "../../state";
import { Section, Table, type TableColumn } from "../../ui";

const MOST_BOTTLENECKS = 10;

export function BottleneckSection({ study, run }: { study: Study; run: Run }) {
  const rows = useMemo(() => bottlenecks(run, MOST_BOTTLENECKS), [run]);
  if (!rows.length) {
    return (
      <Section title={t("shell.bottlenecks")}>
        <p class="panel-soft">{t("shell.bottlenecks.none")}</p>
      </Section>
    );
  }
  const chosen = selected.value && `${selected.value.kind}:${selected.value.id}`;
  const choose = (row: Row) => {
    const selection = selectionOf(String(row.element), String(row.kind));
    selected.value = selection;
    const centre = centreOf(study, selection);
    if (centre) flyTo.value = centre;
  };
  const keyOf = (row: Row) => `${row.element} ${row.forward} ${row.unit}`;
  const selectedRow = rows.find((row) => {
    const { kind, id } = selectionOf(String(row.element), String(row.kind));
    return `${kind}:${id}` === chosen;
  });
  return (
    <Section title={t("shell.bottlenecks")}>
      <Table
        caption={t("shell.bottlenecks.caption")}
        columns={bottleneckColumns(study, run)}
        rows={rows}
        rowKey={keyOf}
        selectedKey={selectedRow ? keyOf(selectedRow) : null}
        onSelect={choose}
      />
    </Section>
  );
}

/** The name of an element, and which cargo it takes, since some of one name differ in that. */
function ElementLabel({ study, row }: { study: Study; row: Row }) {
  const selection = selectionOf(String(row.element), String(row.kind));
  const own = elementRow(study, selection);
  const uses = own && selection.kind === "terminal" ? usesOf(own) : null;
  return (
    <>
      {elementName(study, String(row.element), String(row.kind))}
      {uses && <span class="panel-soft"> ({uses})</span>}
    </>
  );
}

function bottleneckColumns(study: Study, run: Run): TableColumn<Row>[] {
  const number = (
    key: string,
    title: string,
    value: (row: Row) => number | null,
    write: (value: number | null) => string,
    unitText?: string,
  ): TableColumn<Row> => ({
    key,
    title,
    unit: unitText,
    number: true,
    value,
    cell: (row) => write(value(row)),
  });
  const simulated = run.has("simulated_elements");
  const wait = (row: Row): number | null => {
    if (!simulated) return row.wait_h as number | null;
    const selection = selectionOf(String(row.element), String(row.kind));
    const same = sameElement(elementsOf(run, "simulated_elements", selection), row);
    return (same?.wait_h_mean as number | null | undefined) ?? null;
  };
  const hours = t("shell.unit.h");
  return [
    {
      key: "element",
      title: t("shell.column.element"),
      value: (row) => elementName(study, String(row.element), String(row.kind)),
      cell: (row) => <ElementLabel study={study} row={row} />,
    },
    number(
      "utilisation",
      t("shell.short.utilisation"),
      (row) => row.utilisation as number | null,
      (value) => formatPercent(value),
    ),
    number(
      "wait",
      t(simulated ? "shell.short.wait_simulated" : "shell.short.wait"),
      wait,
      formatFigure,
      hours,
    ),
    number(
      "scarcity_usd_t",
      t("shell.short.scarcity"),
      (row) => row.scarcity_usd_t as number | null,
      formatFigure,
      t("shell.unit.usd_t"),
    ),
  ];
}

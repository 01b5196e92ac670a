/** What held shipments up in the simulated year, and where queues grew without end. */

import type { Row, Run, Study } from "../../data/model";
import { elementName, selectionOf } from "../../data/names";
import { allRows } from "../../data/queries";
import { formatDate, formatFigure, formatNumber, t } from "../../i18n";
import { selected } from "../../state";
import { Section, Table, type TableColumn } from "../../ui";

export function DelaySection({ study, run }: { study: Study; run: Run }) {
  const delays = allRows(run.table("simulated_delays"));
  const overloads = allRows(run.table("simulated_overloads"));
  return (
    <Section title={t("shell.delays")}>
      {delays.length === 0 && <p class="panel-soft">{t("shell.delays.none")}</p>}
      {delays.length > 0 && (
        <Table
          caption={t("shell.delays.caption")}
          columns={[
            { key: "cause", title: t("shell.delays.cause"), cell: (row) => causeName(study, row) },
            {
              key: "shipments",
              title: t("shell.delays.shipments"),
              number: true,
              value: (row) => Number(row.shipments),
              cell: (row) => formatNumber(Number(row.shipments)),
            },
            {
              key: "kt_h",
              title: t("shell.unit.kt_h"),
              number: true,
              value: (row) => Number(row.kt_h),
              cell: (row) => formatFigure(Number(row.kt_h)),
            },
          ]}
          rows={delays}
          rowKey={(row) => String(row.cause)}
        />
      )}
      {overloads.length > 0 && (
        <Table
          caption={t("shell.overloads")}
          columns={overloadColumns(study)}
          rows={overloads}
          rowKey={(row) => `${row.element} ${row.forward} ${row.unit}`}
          onSelect={(row) => {
            selected.value = selectionOf(String(row.element), String(row.kind));
          }}
        />
      )}
    </Section>
  );
}

function causeName(study: Study, row: Row): string {
  const event = study.row("event", "event_id", String(row.cause));
  return String(event?.name ?? row.cause);
}

function overloadColumns(study: Study): TableColumn<Row>[] {
  return [
    {
      key: "element",
      title: t("shell.column.element"),
      cell: (row) => elementName(study, String(row.element), String(row.kind)),
    },
    {
      key: "since",
      title: t("shell.overloads.since"),
      number: true,
      cell: (row) => formatDate(row.since as string | null),
    },
    {
      key: "growth",
      title: t("shell.overloads.growth"),
      number: true,
      cell: (row) => formatFigure(row.growth_per_day as number | null),
    },
    {
      key: "end",
      title: t("shell.overloads.end"),
      number: true,
      cell: (row) => formatNumber(row.queue_end as number | null),
    },
  ];
}

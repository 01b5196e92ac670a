/** What the run says of an element: load, waits, flows by commodity, its queue over the year. */

import { useMemo } from "preact/hooks";
import { Sparkline } from "../charts";
import type { Row, Run, Study } from "../data/model";
import { commodityName, elementRow, placeName, shortName } from "../data/names";
import {
  type CommodityFlow,
  elementsOf,
  type Flows,
  flowsOf,
  queueWeeks,
  sameElement,
} from "../data/queries";
import { formatDate, formatDifference, formatFigure, formatPercent, t } from "../i18n";
import { baseline, type Selection, unit } from "../state";
import { Section, Table, type TableColumn } from "../ui";
import { withUnit } from "./figures";

interface RunOfElementProps {
  study: Study;
  run: Run;
  selection: Selection;
}

export function RunOfElement(props: RunOfElementProps) {
  return (
    <>
      <Load {...props} />
      <FlowTable {...props} />
      <Queues {...props} />
    </>
  );
}

/** A figure of the run, and how it is written. */
interface RunFigure {
  column: string;
  write: (row: Row) => string;
  /** null: the run does not have it. */
  value: (row: Row) => number | null;
}

const number = (column: string, unitKey?: string): RunFigure => ({
  column,
  value: (row) => row[column] as number | null,
  write: (row) => withUnit(formatFigure(row[column] as number | null), unitKey),
});

const ASSIGNED: readonly RunFigure[] = [
  { ...number("utilisation"), write: (row) => formatPercent(row.utilisation as number | null) },
  { ...number("flow"), write: (row) => withQuantity(row, "flow") },
  { ...number("capacity"), write: (row) => withQuantity(row, "capacity") },
  number("wait_h", "h"),
  number("scarcity_usd_t", "usd_t"),
];

const SIMULATED: readonly RunFigure[] = [
  { ...number("wait_h_mean"), write: meanWait },
  number("wait_h_p95", "h"),
  number("queue_mean", "shipments"),
  {
    ...number("utilisation"),
    column: "utilisation_simulated",
    write: (row) => formatPercent(row.utilisation as number | null),
  },
];

function withQuantity(row: Row, column: string): string {
  return withUnit(formatFigure(row[column] as number | null), String(row.unit));
}

function meanWait(row: Row): string {
  const mean = withUnit(formatFigure(row.wait_h_mean as number | null), "h");
  if (row.wait_low === null || row.wait_high === null) return mean;
  const interval = {
    mean,
    low: formatFigure(row.wait_low as number),
    high: formatFigure(row.wait_high as number),
  };
  return t("shell.element.interval", interval);
}

function Load({ study, run, selection }: RunOfElementProps) {
  const other = baseline.value;
  const assigned = usedFirst(elementsOf(run, "elements", selection));
  const simulated = elementsOf(run, "simulated_elements", selection);
  if (!assigned.length && !simulated.length) {
    const unlimited = selection.kind === "link" || selection.kind === "terminal";
    return unlimited ? (
      <Section title={t("shell.element.load")}>
        <p class="panel-soft">{t("shell.element.unlimited")}</p>
      </Section>
    ) : null;
  }
  const others = {
    assigned: other ? elementsOf(other, "elements", selection) : [],
    simulated: other ? elementsOf(other, "simulated_elements", selection) : [],
  };
  return (
    <Section title={t("shell.element.load")}>
      {assigned.map((row) => (
        <LoadTable
          key={`${row.element} ${row.forward} ${row.unit}`}
          title={wayWords(study, selection, row)}
          row={row}
          other={sameElement(others.assigned, row)}
          figures={ASSIGNED}
        />
      ))}
      {simulated.map((row) => (
        <LoadTable
          key={`simulated ${row.element} ${row.forward} ${row.unit}`}
          title={`${t("shell.element.simulated")} ${wayWords(study, selection, row)}`}
          row={row}
          other={sameElement(others.simulated, row)}
          figures={SIMULATED}
        />
      ))}
    </Section>
  );
}

/** Leave out the units in which nothing is counted, unless nothing is counted at all. */
function usedFirst(rows: Row[]): Row[] {
  const used = rows.filter((row) => Number(row.flow) > 0);
  return used.length ? used : rows;
}

/** Say which way and in which unit the load of an element is counted. */
function wayWords(study: Study, selection: Selection, row: Row): string {
  const goods = row.unit === null ? "" : t(`shell.counted.${row.unit}`);
  if (row.forward === null) return goods;
  const own = elementRow(study, selection);
  const link =
    selection.kind === "service" ? study.row("link", "link_id", String(own?.link_id)) : own;
  if (!link) return goods;
  const ends = [link.from_node_id, link.to_node_id].map((id) =>
    shortName(placeName(study, String(id))),
  );
  const [from, to] = row.forward ? ends : ends.toReversed();
  return [`${from} → ${to}`, goods].filter(Boolean).join(". ");
}

interface LoadTableProps {
  title: string;
  row: Row;
  other: Row | null;
  figures: readonly RunFigure[];
}

function LoadTable({ title, row, other, figures }: LoadTableProps) {
  const given = figures.filter(({ value }) => value(row) !== null && value(row) !== undefined);
  return (
    <table class="ui-table">
      <caption>{title}</caption>
      {other && (
        <thead>
          <tr>
            <td />
            <th class="ui-number" scope="col">
              {t("shell.compare.this")}
            </th>
            <th class="ui-number" scope="col">
              {t("shell.compare.baseline")}
            </th>
          </tr>
        </thead>
      )}
      <tbody>
        {given.map((figure) => (
          <tr key={figure.column}>
            <th scope="row">{t(`shell.column.${figure.column}`)}</th>
            <td class="ui-number">{figure.write(row)}</td>
            {other && <td class="ui-number">{figure.write(other)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface FlowLine extends CommodityFlow {
  other: number | null;
}

function FlowTable({ study, run, selection }: RunOfElementProps) {
  const quantity = unit.value;
  const other = baseline.value;
  const flows = useMemo(
    () => flowsOf(run, study, selection, quantity),
    [run, study, selection, quantity],
  );
  const others = useMemo(
    () => (other ? flowsOf(other, study, selection, quantity).commodities : null),
    [other, study, selection, quantity],
  );
  const lines = flowLines(flows.commodities, others);
  return (
    <Section title={t("shell.element.flows", { unit: t(`shell.unit.${quantity}`) })}>
      {lines.length ? (
        <Table
          caption={t(`shell.flows.${flows.ways}`)}
          columns={flowColumns(study, flows.ways, others !== null)}
          rows={lines}
          rowKey={(line) => line.commodity_id}
        />
      ) : (
        <p class="panel-soft">{t(run.has("flows") ? "shell.flows.none" : "shell.flows.unknown")}</p>
      )}
    </Section>
  );
}

const TOTAL = "";

/** Return a line per commodity of either run, the total first. */
function flowLines(
  flows: readonly CommodityFlow[],
  others: readonly CommodityFlow[] | null,
): FlowLine[] {
  const sum = ({ first, second }: CommodityFlow) => first + second;
  const before = new Map((others ?? []).map((flow) => [flow.commodity_id, sum(flow)]));
  const mine = new Set(flows.map((flow) => flow.commodity_id));
  const gone = (others ?? []).filter((flow) => !mine.has(flow.commodity_id));
  const lines = [...flows, ...gone.map((flow) => ({ ...flow, first: 0, second: 0 }))].map(
    (flow) => ({ ...flow, other: others && (before.get(flow.commodity_id) ?? 0) }),
  );
  if (lines.length < 2) return lines;
  const total = (value: (line: FlowLine) => number) =>
    lines.reduce((all, line) => all + value(line), 0);
  const head = {
    commodity_id: TOTAL,
    first: total((line) => line.first),
    second: total((line) => line.second),
    other: others && total((line) => line.other ?? 0),
  };
  return [head, ...lines];
}

function flowColumns(
  study: Study,
  ways: Flows["ways"],
  compared: boolean,
): TableColumn<FlowLine>[] {
  const columns: TableColumn<FlowLine>[] = [
    {
      key: "commodity",
      title: t("shell.column.commodity"),
      cell: (line) =>
        line.commodity_id === TOTAL ? (
          <strong>{t("shell.total")}</strong>
        ) : (
          <span lang="en">{commodityName(study, line.commodity_id)}</span>
        ),
    },
    {
      key: "first",
      title: t(`shell.flows.${ways}.first`),
      number: true,
      value: (line) => line.first,
      cell: (line) => formatFigure(line.first),
    },
    {
      key: "second",
      title: t(`shell.flows.${ways}.second`),
      number: true,
      value: (line) => line.second,
      cell: (line) => formatFigure(line.second),
    },
  ];
  if (compared) {
    columns.push({
      key: "difference",
      title: t("shell.compare.difference_of_sum"),
      number: true,
      cell: (line) => formatDifference(line.first + line.second - (line.other ?? 0)),
    });
  }
  return columns;
}

function Queues({ study, run, selection }: RunOfElementProps) {
  const series = useMemo(() => queueWeeks(run, selection), [run, selection]);
  const shown = series.filter(({ weeks }) => weeks.some((week) => week.queue_mean > 0));
  if (!shown.length) return null;
  const others = baseline.value ? queueWeeks(baseline.value, selection) : [];
  const points = (weeks: (typeof shown)[number]["weeks"]) =>
    weeks.map((week) => ({ label: formatDate(week.from_date), value: week.queue_mean }));
  return (
    <Section title={t("shell.element.queue")}>
      {shown.map(({ row, weeks }) => {
        const key = `${row.element} ${row.forward} ${row.unit}`;
        const other = others.find(
          (one) => `${one.row.element} ${one.row.forward} ${one.row.unit}` === key,
        );
        return (
          <Sparkline
            key={key}
            title={wayWords(study, selection, row)}
            points={points(weeks)}
            format={(value) => withUnit(formatFigure(value), "shipments")}
            other={other && { title: t("shell.compare.baseline"), points: points(other.weeks) }}
          />
        );
      })}
    </Section>
  );
}

/** What the map shows, and what the run comes to: corridors, bottlenecks, what was not carried. */

import { useMemo, useState } from "preact/hooks";
import { BarCell } from "../charts";
import type { Row, Run, Study } from "../data/model";
import {
  centreOf,
  commodityName,
  corridorName,
  elementName,
  elementRow,
  placeName,
  selectionOf,
  shortName,
  usesOf,
} from "../data/names";
import {
  allRows,
  bottlenecks,
  type CorridorSum,
  corridorSums,
  elementsOf,
  groupRows,
  sameElement,
} from "../data/queries";
import {
  formatDate,
  formatDifference,
  formatFigure,
  formatNumber,
  formatPercent,
  formatPower,
  t,
  tOr,
} from "../i18n";
import { corridorColour, corridorNumbers } from "../map/palette";
import { runTitle } from "../panels/RunLine";
import {
  baseline,
  colourBy,
  commodity,
  comparing,
  corridor,
  direction,
  flyTo,
  mode,
  tab as openTab,
  run,
  selected,
  study,
  theme,
  unit,
} from "../state";
import {
  Button,
  Choice,
  Disclosure,
  Notice,
  Section,
  Select,
  Table,
  type TableColumn,
} from "../ui";
import "../panels/panels.css";
import type { TabDefinition } from "./definition";

const MOST_BOTTLENECKS = 10;
const MOST_UNSERVED = 12;

function MapPanel() {
  const open = study.value;
  const shown = run.value;
  if (!open) return null;
  return (
    <div class="panel-tab">
      {shown ? <RunSection run={shown} /> : <NoRun />}
      <Filters study={open} />
      {shown && (
        <>
          <CorridorSection study={open} run={shown} />
          <BottleneckSection study={open} run={shown} />
          {shown.has("unserved") && <UnservedSection study={open} run={shown} />}
          {shown.page.simulated && <DelaySection study={open} run={shown} />}
        </>
      )}
    </div>
  );
}

function NoRun() {
  if (mode.value === "report") return <Notice>{t("shell.run.none_in_report")}</Notice>;
  return (
    <Notice
      title={t("shell.run.none")}
      action={
        <Button
          look="primary"
          onClick={() => {
            openTab.value = "scenario";
          }}
        >
          {t("shell.run.invite")}
        </Button>
      }
    >
      <p>{t("shell.run.none_hint")}</p>
    </Notice>
  );
}

function RunSection({ run }: { run: Run }) {
  const { page } = run;
  const facts = [
    page.scenario.title && page.scenario.name,
    page.year && String(page.year),
    t(page.simulated ? "shell.run.simulated" : "shell.run.assigned"),
    page.finished && t("shell.run.finished", { date: formatDate(page.finished, true) }),
    page.seconds !== null && t("shell.run.seconds", { seconds: formatFigure(page.seconds) }),
  ];
  return (
    <div class="panel-stack">
      <p class="panel-soft">{facts.filter(Boolean).join(" · ")}</p>
      {page.residual !== null && <Convergence run={run} />}
      {page.notices.length > 0 && (
        <Notice tone="warn">
          <Disclosure title={t("shell.run.notices", { count: page.notices.length })}>
            <ul class="panel-notices" lang="en">
              {page.notices.map((notice) => (
                <li key={notice}>{notice}</li>
              ))}
            </ul>
          </Disclosure>
        </Notice>
      )}
      {page.scenario.description && (
        <Disclosure title={t("shell.run.about")}>
          <p class="panel-soft" lang="en">
            {page.scenario.description}
          </p>
        </Disclosure>
      )}
    </div>
  );
}

function Convergence({ run }: { run: Run }) {
  const { converged, residual } = run.page;
  const size = formatPower(residual);
  if (converged) return <p>{t("shell.run.converged", { residual: size })}</p>;
  return <Notice tone="warn">{t("shell.run.not_converged", { residual: size })}</Notice>;
}

function Filters({ study }: { study: Study }) {
  const goods = allRows(study.table("commodity"));
  const corridors = allRows(study.table("corridor"));
  const all = { value: "", label: t("shell.filter.all") };
  return (
    <Section title={t("shell.filter")}>
      <div class="panel-filters">
        <Select
          label={t("shell.filter.commodity")}
          value={commodity.value ?? ""}
          options={[
            all,
            ...goods.map((row) => ({ value: String(row.commodity_id), label: String(row.name) })),
          ]}
          onChange={(value) => {
            commodity.value = value || null;
          }}
        />
        <Select
          label={t("shell.filter.corridor")}
          value={corridor.value ?? ""}
          options={[
            all,
            ...corridors.map((row) => ({
              value: String(row.corridor_id),
              label: String(row.name),
            })),
          ]}
          onChange={(value) => {
            corridor.value = value || null;
          }}
        />
        <Select
          label={t("shell.filter.direction")}
          value={direction.value}
          options={(["both", "westbound", "eastbound"] as const).map((value) => ({
            value,
            label: t(`shell.direction.${value}`),
          }))}
          onChange={(value) => {
            direction.value = value as typeof direction.value;
          }}
        />
        <Select
          label={t("shell.filter.colour")}
          value={colourBy.value}
          options={(["corridor", "utilisation"] as const).map((value) => ({
            value,
            label: t(`shell.colour.${value}`),
          }))}
          onChange={(value) => {
            colourBy.value = value as typeof colourBy.value;
          }}
        />
      </div>
      <Choice
        label={t("shell.filter.unit")}
        hideLabel
        value={unit.value}
        options={(["kt", "kteu"] as const).map((value) => ({
          value,
          label: t(`shell.counted.${value}`),
        }))}
        onChange={(value) => {
          unit.value = value as typeof unit.value;
        }}
      />
    </Section>
  );
}

type Measure = "volume" | "days_mean" | "cost_usd_t" | "co2_kg_t";
const MEASURES: readonly Measure[] = ["volume", "days_mean", "cost_usd_t", "co2_kg_t"];

interface CorridorLine {
  corridor: string;
  now: CorridorSum | null;
  before: CorridorSum | null;
}

interface RunProps {
  study: Study;
  run: Run;
}

function CorridorSection({ study, run }: RunProps) {
  const other = baseline.value;
  const way = direction.value;
  const sums = useMemo(() => corridorSums(run, way), [run, way]);
  const others = useMemo(() => (other ? corridorSums(other, way) : []), [other, way]);
  const [measure, setMeasure] = useState<Measure>("volume");
  const before = new Map(others.map((sum) => [sum.corridor, sum]));
  const mine = new Set(sums.map((sum) => sum.corridor));
  const lines: CorridorLine[] = [
    ...sums.map((now) => ({
      corridor: now.corridor,
      now,
      before: before.get(now.corridor) ?? null,
    })),
    ...others
      .filter((sum) => !mine.has(sum.corridor))
      .map((sum) => ({ corridor: sum.corridor, now: null, before: sum })),
  ];
  const columns = other ? comparedColumns(study, measure) : corridorColumns(study, lines);
  return (
    <Section title={t("shell.corridors")}>
      {other && (
        <Select
          label={t("shell.compare.measure")}
          value={measure}
          options={MEASURES.map((value) => ({ value, label: measureWords(value) }))}
          onChange={(value) => setMeasure(value as Measure)}
        />
      )}
      <Table
        key={other ? "compared" : "one"}
        caption={corridorCaption(run, other)}
        columns={columns}
        rows={lines}
        rowKey={(line) => line.corridor}
        selectedKey={corridor.value}
        onSelect={(line) => {
          corridor.value = corridor.value === line.corridor ? null : line.corridor;
        }}
      />
      {commodity.value && <p class="panel-soft">{t("shell.corridors.all_goods")}</p>}
    </Section>
  );
}

function corridorCaption(run: Run, other: Run | null): string {
  const ways = t(`shell.direction.${direction.value}`);
  if (!other) return t("shell.corridors.caption", { ways });
  return t("shell.corridors.compared", { ways, run: runTitle(run), baseline: runTitle(other) });
}

function CorridorLabel({ study, id }: { study: Study; id: string }) {
  const number = corridorNumbers(study.table("corridor")).get(id);
  const background = corridorColour(number, theme.value);
  return (
    <span lang="en">
      {/* A difference map has other colours. */}
      {!comparing.value && <span class="panel-swatch" style={{ background }} />}
      {corridorName(study, id)}
    </span>
  );
}

function corridorColumns(
  study: Study,
  lines: readonly CorridorLine[],
): TableColumn<CorridorLine>[] {
  const quantity = unit.value;
  const largest = Math.max(...lines.map((line) => line.now?.[quantity] ?? 0));
  const figure = (key: "days_mean" | "cost_usd_t" | "co2_kg_t"): TableColumn<CorridorLine> => ({
    key,
    title: t(`shell.short.${key}`),
    unit: t(`shell.short.${key}.unit`),
    number: true,
    value: (line) => line.now?.[key] ?? null,
    cell: (line) => formatFigure(line.now?.[key]),
  });
  return [
    nameColumn(study),
    {
      key: "volume",
      title: t(`shell.unit.${quantity}`),
      unit: t("shell.short.share"),
      number: true,
      value: (line) => line.now?.[quantity] ?? null,
      cell: (line) => (
        <BarCell
          share={(line.now?.[quantity] ?? 0) / largest}
          label={formatFigure(line.now?.[quantity])}
          detail={formatPercent(line.now?.share, 1)}
        />
      ),
    },
    figure("days_mean"),
    figure("cost_usd_t"),
    figure("co2_kg_t"),
  ];
}

function nameColumn(study: Study): TableColumn<CorridorLine> {
  return {
    key: "corridor",
    title: t("shell.column.corridor"),
    value: (line) => corridorName(study, line.corridor),
    cell: (line) => <CorridorLabel study={study} id={line.corridor} />,
  };
}

function measureWords(measure: Measure): string {
  if (measure !== "volume") return t(`shell.measure.${measure}`);
  return t("shell.measure.volume", { unit: t(`shell.unit.${unit.value}`) });
}

function comparedColumns(study: Study, measure: Measure): TableColumn<CorridorLine>[] {
  const column = measure === "volume" ? unit.value : measure;
  // A corridor without flow carries nothing, but has no days and no cost.
  const none = measure === "volume" ? 0 : null;
  const measured = (sum: CorridorSum | null) => (sum ? sum[column] : none);
  const difference = ({ now, before }: CorridorLine) => {
    const [a, b] = [measured(now), measured(before)];
    return a === null || b === null ? null : a - b;
  };
  const figure = (
    key: string,
    title: string,
    value: (line: CorridorLine) => number | null,
    write: (value: number | null) => string = formatFigure,
  ): TableColumn<CorridorLine> => ({
    key,
    title,
    number: true,
    value,
    cell: (line) => write(value(line)),
  });
  return [
    nameColumn(study),
    figure("now", t("shell.compare.this"), (line) => measured(line.now)),
    figure("before", t("shell.compare.baseline"), (line) => measured(line.before)),
    figure("difference", t("shell.compare.difference"), difference, formatDifference),
  ];
}

function BottleneckSection({ study, run }: RunProps) {
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

function UnservedSection({ study, run }: RunProps) {
  const rows = useMemo(() => allRows(run.table("unserved")), [run]);
  if (!rows.length) {
    return (
      <Section title={t("shell.unserved")}>
        <p class="panel-soft">{t("shell.unserved.none")}</p>
      </Section>
    );
  }
  const sum = (part: readonly Row[]) => part.reduce((all, row) => all + Number(row.kt), 0);
  const largest = rows.toSorted((a, b) => Number(b.kt) - Number(a.kt)).slice(0, MOST_UNSERVED);
  return (
    <Section title={t("shell.unserved")}>
      <ul>
        {[...groupRows(rows, (row) => String(row.reason))].map(([reason, part]) => (
          <li key={reason}>
            {t("shell.unserved.reason", {
              reason: tOr(`shell.reason.${reason.replaceAll(" ", "_")}`, reason),
              kt: formatFigure(sum(part)),
            })}
          </li>
        ))}
      </ul>
      <Table
        caption={t("shell.unserved.caption", { shown: largest.length, all: rows.length })}
        columns={[
          {
            key: "pair",
            title: t("shell.unserved.pair"),
            cell: (row) =>
              `${shortName(placeName(study, String(row.origin)))} → ${shortName(
                placeName(study, String(row.destination)),
              )}`,
          },
          {
            key: "commodity",
            title: t("shell.column.commodity"),
            cell: (row) => <span lang="en">{commodityName(study, String(row.commodity))}</span>,
          },
          {
            key: "kt",
            title: t("shell.unit.kt"),
            number: true,
            value: (row) => Number(row.kt),
            cell: (row) => formatFigure(Number(row.kt)),
          },
        ]}
        rows={largest}
        rowKey={(row) => `${row.origin} ${row.destination} ${row.commodity}`}
      />
    </Section>
  );
}

/** What held shipments up in the simulated year, and where queues grew without end. */
function DelaySection({ study, run }: RunProps) {
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

export const tab: TabDefinition = {
  id: "map",
  title: "shell.tab.map",
  order: 1,
  available: () => study.value !== null,
  Panel: MapPanel,
};

/** What the corridors carry, and by how much that differs from the baseline. */

import { useMemo, useState } from "preact/hooks";
import { BarCell } from "../../charts";
import type { Run, Study } from "../../data/model";
import { corridorName } from "../../data/names";
import { type CorridorSum, corridorSums } from "../../data/queries";
import { formatDifference, formatFigure, formatPercent, t } from "../../i18n";
import { corridorColour, corridorNumbers } from "../../map/palette";
import { runTitle } from "../../panels/RunLine";
import { baseline, commodity, comparing, corridor, direction, theme, unit } from "../../state";
import { Section, Select, Table, type TableColumn } from "../../ui";

type Measure = "volume" | "days_mean" | "cost_usd_t" | "co2_kg_t";
const MEASURES: readonly Measure[] = ["volume", "days_mean", "cost_usd_t", "co2_kg_t"];

interface CorridorLine {
  corridor: string;
  now: CorridorSum | null;
  before: CorridorSum | null;
}

export function CorridorSection({ study, run }: { study: Study; run: Run }) {
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

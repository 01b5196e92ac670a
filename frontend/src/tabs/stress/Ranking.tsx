/** The losses, ranked; one that is selected is told in full. */

import { BarCell } from "../../charts";
import type { StressAnswer, StressElement, StressPair, StressUnserved } from "../../contract";
import type { Study } from "../../data/model";
import { commodityName, placeName, shortName } from "../../data/names";
import { formatDifference, formatFigure, formatNumber, t, tOr } from "../../i18n";
import { Notice, Section, Select, type TableColumn } from "../../ui";
import { LongTable } from "../questions/LongTable";
import { kindName, limitName, selectedAmong, selectionFor, show } from "../supply/names";
import { MEASURE_KEYS, MEASURES, type MeasureKey, ranked } from "./figures";
import { measure } from "./state";

export interface StressPartProps {
  study: Study;
  answer: StressAnswer;
}

const keyOf = ({ kind, element }: StressElement): string => `${kind} ${element}`;

/** An element with what kind it is. */
function Name({ study, loss }: { study: Study; loss: StressElement }) {
  return (
    <>
      {limitName(study, loss.kind, loss.element, loss.name)}
      <span class="work-second">{kindName(loss.kind)}</span>
    </>
  );
}

function measureColumn(key: MeasureKey, most: number): TableColumn<StressElement> {
  const of = MEASURES[key];
  return {
    key,
    title: t(`stress.column.${key}`),
    unit: t(`stress.unit.${key}`),
    number: true,
    value: of,
    cell: (loss) =>
      most > 0 ? (
        <BarCell share={of(loss) / most} label={formatFigure(of(loss))} colour="var(--bad)" />
      ) : (
        formatFigure(of(loss))
      ),
  };
}

function columns(study: Study, rows: readonly StressElement[]): TableColumn<StressElement>[] {
  const shown = measure.value;
  const other = shown === "lost_kt" ? "welfare" : "lost_kt";
  const worst = rows[0];
  return [
    {
      key: "element",
      title: t("stress.column.element"),
      value: (loss) => limitName(study, loss.kind, loss.element, loss.name),
      cell: (loss) => <Name study={study} loss={loss} />,
    },
    measureColumn(shown, worst ? MEASURES[shown](worst) : 0),
    measureColumn(other, 0),
  ];
}

export function RankingSection({ study, answer }: StressPartProps) {
  const rows = ranked(answer, measure.value);
  const chosen = selectedAmong(study, answer.elements);
  return (
    <Section title={t("stress.ranking")}>
      <Select
        label={t("stress.rank-by")}
        value={measure.value}
        options={MEASURE_KEYS.map((key) => ({ value: key, label: t(`stress.measure.${key}`) }))}
        onChange={(value) => {
          measure.value = value as MeasureKey;
        }}
      />
      {rows.length === 0 ? (
        <p class="panel-soft">{t("stress.ranking.none")}</p>
      ) : (
        <LongTable
          // Another measure is another order.
          key={measure.value}
          caption={t("stress.ranking.caption", {
            count: formatNumber(answer.elements.length),
            tried: formatNumber(answer.elements_tried),
          })}
          columns={columns(study, rows)}
          sort={{ key: measure.value, descending: true }}
          rows={rows}
          rowKey={keyOf}
          selectedKey={chosen && keyOf(chosen)}
          onSelect={(loss) => show(study, selectionFor(study, loss.kind, loss.element))}
        />
      )}
      <div aria-live="polite">{chosen && <Loss study={study} loss={chosen} />}</div>
    </Section>
  );
}

/** All figures of a loss, and who can no longer be served. */
function Loss({ study, loss }: { study: Study; loss: StressElement }) {
  const figures: [string, string][] = [
    ["stress.through", formatFigure(loss.through_kt)],
    ["stress.measure.lost_kt", formatFigure(loss.lost_kt)],
    ["stress.measure.welfare", formatFigure(loss.welfare_loss_usd / 1e6)],
    ["stress.measure.cost", formatDifference(loss.extra_cost_usd / 1e6)],
    ["stress.measure.extra_days", formatDifference(loss.extra_days)],
    ["stress.measure.extra_co2_kt", formatDifference(loss.extra_co2_kt)],
    ...(loss.outages_per_year === null
      ? []
      : ([
          ["stress.outages", formatFigure(loss.outages_per_year)],
          ["stress.expected", formatFigure(loss.expected_lost_kt_y)],
        ] as [string, string][])),
  ];
  return (
    <Notice title={limitName(study, loss.kind, loss.element, loss.name)}>
      <dl class="work-figures">
        {figures.map(([key, figure]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{figure}</dd>
          </div>
        ))}
      </dl>
      <Unserved study={study} rows={loss.unserved} />
    </Notice>
  );
}

function Unserved({ study, rows }: { study: Study; rows: readonly StressUnserved[] }) {
  if (rows.length === 0) return <p>{t("stress.unserved.none")}</p>;
  const place = (id: string) => shortName(placeName(study, id));
  return (
    <LongTable
      caption={t("stress.unserved")}
      rows={rows}
      rowKey={(row) => `${row.origin} ${row.destination} ${row.commodity} ${row.reason}`}
      columns={[
        {
          key: "who",
          title: t("stress.column.who"),
          value: (row) => `${place(row.origin)} → ${place(row.destination)}`,
          cell: (row) => (
            <>
              {place(row.origin)} → {place(row.destination)}
              <span class="work-second" lang="en">
                {commodityName(study, row.commodity)}
              </span>
              <span class="work-second">
                {tOr(`shell.reason.${row.reason.replaceAll(" ", "_")}`, row.reason)}
              </span>
            </>
          ),
        },
        {
          key: "kt",
          title: t("stress.column.lost_kt"),
          unit: t("stress.unit.lost_kt"),
          number: true,
          value: (row) => row.kt,
          cell: (row) => formatFigure(row.kt),
        },
      ]}
    />
  );
}

/** Pairs whose loss together costs more than the two alone. */
export function PairSection({ study, answer }: StressPartProps) {
  const name = ({ kinds, elements, names }: StressPair, which: 0 | 1) =>
    limitName(study, kinds[which], elements[which], names[which]);
  return (
    <Section title={t("stress.pairs")}>
      {answer.pairs_bounded !== null && (
        <p class="ui-hint">
          {t("stress.pairs.bounded", { count: formatNumber(answer.pairs_bounded.no_worse) })}
        </p>
      )}
      <LongTable
        caption={t("stress.pairs.caption")}
        rows={answer.pairs}
        rowKey={(pair) => pair.elements.join()}
        onSelect={(pair) => show(study, selectionFor(study, pair.kinds[0], pair.elements[0]))}
        columns={[
          {
            key: "pair",
            title: t("stress.column.pair"),
            value: (pair) => name(pair, 0),
            cell: (pair) => (
              <>
                {name(pair, 0)}
                <span class="work-second">+ {name(pair, 1)}</span>
              </>
            ),
          },
          {
            key: "lost",
            title: t("stress.column.lost_kt"),
            unit: t("stress.unit.lost_kt"),
            number: true,
            value: (pair) => pair.lost_kt,
            cell: (pair) => formatFigure(pair.lost_kt),
          },
          {
            key: "beyond",
            title: t("stress.column.beyond"),
            unit: t("stress.unit.lost_kt"),
            number: true,
            value: (pair) => pair.beyond_kt,
            cell: (pair) => formatDifference(pair.beyond_kt),
          },
        ]}
      />
    </Section>
  );
}

/** What binds, and what a stop of each element would cost. */

import { BarCell } from "../../charts";
import type { SupplyBinding, SupplyIndex, SupplyStop } from "../../contract";
import { commodityName, corridorName } from "../../data/names";
import { formatFigure, formatNumber, formatPercent, t } from "../../i18n";
import { Notice, Section, type TableColumn } from "../../ui";
import { LongTable } from "../questions/LongTable";
import type { PartProps } from "./Balance";
import { deficitOf, worstStops } from "./figures";
import { kindName, limitName, selectedAmong, selectionFor, show } from "./names";
import { limitShown } from "./state";

/** The server leaves out the name, which stands before what is said. */
function sentence(why: string): string {
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`.replace("..", ".");
}

function Limit({ study, kind, element }: Pick<PartProps, "study"> & SupplyBinding) {
  return (
    <>
      {limitName(study, kind, element)}
      <span class="work-second">{kindName(kind)}</span>
    </>
  );
}

export function LimitSection({ study, answer }: PartProps) {
  const rows = answer.binding;
  if (rows.length === 0) {
    return (
      <Section title={t("supply.limits")}>
        <p class="panel-soft">{t("supply.limits.none")}</p>
      </Section>
    );
  }
  const chosen = limitShown.value === null ? undefined : rows[limitShown.value];
  return (
    <Section title={t("supply.limits")}>
      <LongTable
        caption={t("supply.limits.caption")}
        columns={limitColumns(study)}
        rows={rows}
        rowKey={(row) => String(rows.indexOf(row))}
        selectedKey={limitShown.value === null ? null : String(limitShown.value)}
        onSelect={(row) => {
          limitShown.value = rows.indexOf(row);
          show(study, selectionFor(study, row.kind, row.element));
        }}
      />
      <div aria-live="polite">
        {chosen && (
          <Notice title={limitName(study, chosen.kind, chosen.element)}>
            <p lang="en">{sentence(chosen.why)}</p>
            {!selectionFor(study, chosen.kind, chosen.element) && (
              <p class="ui-hint">{t("supply.limits.nowhere")}</p>
            )}
          </Notice>
        )}
      </div>
    </Section>
  );
}

function limitColumns(study: PartProps["study"]): TableColumn<SupplyBinding>[] {
  return [
    {
      key: "element",
      title: t("supply.column.limit"),
      value: (row) => limitName(study, row.kind, row.element),
      cell: (row) => <Limit study={study} {...row} />,
    },
    {
      key: "shadow",
      title: t("supply.column.shadow"),
      unit: t("supply.unit.usd_t"),
      number: true,
      value: (row) => row.shadow_usd_t,
      cell: (row) => formatFigure(row.shadow_usd_t),
    },
    {
      key: "value",
      title: t("supply.column.value"),
      unit: t("supply.unit.musd"),
      number: true,
      value: (row) => row.value_musd_unit,
      cell: (row) => formatFigure(row.value_musd_unit),
    },
    {
      key: "months",
      title: t("supply.column.months"),
      number: true,
      value: (row) => row.months_binding,
      cell: (row) => formatNumber(row.months_binding),
    },
  ];
}

export function StopSection({ study, answer, commodity }: PartProps) {
  const rows = worstStops(answer, commodity);
  const deficit = (row: SupplyStop) => deficitOf(row, commodity);
  const most = Math.max(...rows.map(deficit), 0);
  const keyOf = (row: SupplyStop) => `${row.kind} ${row.element}`;
  const chosen = selectedAmong(study, rows);
  return (
    <Section title={t("supply.stops")}>
      <Indices study={study} indices={answer.n_minus_1_index ?? {}} commodity={commodity} />
      {rows.length === 0 ? (
        <p class="panel-soft">{t("supply.stops.none")}</p>
      ) : (
        <LongTable
          caption={t("supply.stops.caption")}
          columns={[
            {
              key: "element",
              title: t("supply.column.stopped"),
              value: (row) => limitName(study, row.kind, row.element, row.name),
              cell: (row) => (
                <>
                  {limitName(study, row.kind, row.element, row.name)}
                  <span class="work-second">{kindName(row.kind)}</span>
                </>
              ),
            },
            {
              key: "deficit",
              title: t("supply.column.deficit"),
              unit: t("supply.unit.kt"),
              number: true,
              value: deficit,
              cell: (row) => (
                <BarCell
                  share={most > 0 ? deficit(row) / most : 0}
                  label={formatFigure(deficit(row))}
                  colour="var(--bad)"
                />
              ),
            },
            {
              key: "cost",
              title: t("supply.column.extra"),
              unit: t("supply.unit.musd"),
              number: true,
              value: (row) => row.extra_cost_musd,
              cell: (row) => formatFigure(row.extra_cost_musd),
            },
          ]}
          rows={rows}
          rowKey={keyOf}
          selectedKey={chosen ? keyOf(chosen) : null}
          onSelect={(row) => show(study, selectionFor(study, row.kind, row.element))}
        />
      )}
    </Section>
  );
}

interface IndicesProps {
  study: PartProps["study"];
  indices: Readonly<Record<string, SupplyIndex>>;
  commodity: string | null;
}

/** The N-1 index of each commodity, in words. */
function Indices({ study, indices, commodity }: IndicesProps) {
  const shown = Object.entries(indices).filter(([one]) => commodity === null || one === commodity);
  return (
    <ul class="supply-indices">
      {shown.map(([one, { percent, largest, without_largest_kt, need_kt }]) => (
        <li key={one}>
          <strong class="work-second" lang="en">
            {commodityName(study, one)}
          </strong>
          {percent === null || largest === null
            ? t("supply.index.none")
            : t("supply.index", {
                percent: formatPercent(percent / 100),
                largest: corridorName(study, largest),
                capacity: formatFigure(without_largest_kt),
                need: formatFigure(need_kt),
              })}
        </li>
      ))}
    </ul>
  );
}

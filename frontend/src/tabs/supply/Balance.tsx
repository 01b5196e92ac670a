/** What is needed and what comes: by consumer country, by supplier and route. */

import { BarCell } from "../../charts";
import type { SupplyAnswer } from "../../contract";
import type { Study } from "../../data/model";
import { commodityName } from "../../data/names";
import { countryName, formatFigure, formatPercent, MISSING, t } from "../../i18n";
import { Section, type TableColumn } from "../../ui";
import { LongTable } from "../questions/LongTable";
import {
  type CountryNeed,
  type Delivery,
  deliveriesByRoute,
  needsByCountry,
  totalNeed,
} from "./figures";
import { routeName, selectionFor, show, supplierName } from "./names";

export interface PartProps {
  study: Study;
  answer: SupplyAnswer;
  /** The commodity looked at; null: all. */
  commodity: string | null;
}

/** Say in one sentence how much of the need is delivered. */
export function summary(answer: SupplyAnswer, commodity: string | null): string {
  const { need_kt, delivered_kt, unserved_kt } = totalNeed(answer, commodity);
  return t("supply.summary", {
    need: formatFigure(need_kt),
    delivered: formatFigure(delivered_kt),
    share: formatPercent(need_kt > 0 ? delivered_kt / need_kt : null, 1),
    unserved: formatFigure(unserved_kt),
  });
}

const NEEDS: () => TableColumn<CountryNeed>[] = () => [
  {
    key: "country",
    title: t("supply.column.country"),
    value: (row) => (row.country ? countryName(row.country) : MISSING),
  },
  {
    key: "need",
    title: t("supply.column.need"),
    unit: t("supply.unit.kt"),
    number: true,
    value: (row) => row.need_kt,
    cell: (row) => formatFigure(row.need_kt),
  },
  {
    key: "delivered",
    title: t("supply.column.delivered"),
    unit: t("supply.unit.kt"),
    number: true,
    value: (row) => row.delivered_kt,
    cell: (row) => (
      <BarCell
        share={row.delivered_kt / row.need_kt}
        label={formatFigure(row.delivered_kt)}
        detail={formatPercent(row.delivered_kt / row.need_kt)}
      />
    ),
  },
  {
    key: "unserved",
    title: t("supply.column.unserved"),
    unit: t("supply.unit.kt"),
    number: true,
    value: (row) => row.unserved_kt,
    cell: (row) => (
      <span class={row.unserved_kt > 0 ? "work-short" : undefined}>
        {formatFigure(row.unserved_kt)}
      </span>
    ),
  },
];

export function NeedSection({ answer, commodity }: PartProps) {
  return (
    <Section title={t("supply.balance")}>
      <LongTable
        caption={t("supply.balance.caption")}
        columns={NEEDS()}
        rows={needsByCountry(answer, commodity)}
        rowKey={(row) => row.country ?? ""}
      />
    </Section>
  );
}

function deliveryColumns({ study, answer, commodity }: PartProps): TableColumn<Delivery>[] {
  const namesGoods = commodity === null && answer.commodities.length > 1;
  return [
    {
      key: "supplier",
      title: t("supply.column.supplier"),
      value: (row) => supplierName(study, row.supplier),
      cell: (row) => (
        <>
          {supplierName(study, row.supplier)}
          <span class="work-second">{routeName(study, row.corridor, row.transit)}</span>
          {namesGoods && (
            <span class="work-second" lang="en">
              {commodityName(study, row.commodity)}
            </span>
          )}
        </>
      ),
    },
    {
      key: "kt",
      title: t("supply.unit.kt"),
      number: true,
      value: (row) => row.kt,
      cell: (row) => (
        <BarCell share={row.share} label={formatFigure(row.kt)} detail={formatPercent(row.share)} />
      ),
    },
    {
      key: "cost",
      title: t("supply.column.cost"),
      unit: t("supply.unit.usd_t"),
      number: true,
      value: (row) => row.cost_usd_t,
      cell: (row) => formatFigure(row.cost_usd_t),
    },
    {
      key: "days",
      title: t("supply.column.days"),
      number: true,
      value: (row) => row.days,
      cell: (row) => formatFigure(row.days),
    },
  ];
}

export function DeliverySection(props: PartProps) {
  const { study, answer, commodity } = props;
  const rows = deliveriesByRoute(answer, commodity);
  if (rows.length === 0) return null;
  return (
    <Section title={t("supply.deliveries")}>
      <LongTable
        caption={t("supply.deliveries.caption")}
        columns={deliveryColumns(props)}
        rows={rows}
        rowKey={(row) => row.key}
        onSelect={(row) => show(study, selectionFor(study, "supplier", row.supplier))}
      />
    </Section>
  );
}

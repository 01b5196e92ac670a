/** Contracts that cannot be kept, and what the stocks hold. */

import { commodityName, placeName, shortName } from "../../data/names";
import { formatFigure, formatNumber, t } from "../../i18n";
import { Section } from "../../ui";
import { LongTable } from "../questions/LongTable";
import type { PartProps } from "./Balance";
import { brokenContracts, type StockYear, stockYears } from "./figures";
import { show } from "./names";

export function ContractSection({ answer, commodity }: PartProps) {
  const broken = brokenContracts(answer, commodity);
  if (broken.length === 0) return null;
  return (
    <Section title={t("supply.contracts.broken", { count: broken.length })}>
      <ul class="work-list">
        {broken.map((row) => (
          <li key={row.contract}>
            <strong lang="en">{row.name ?? row.contract}</strong>
            <p>
              {t("supply.contracts.short", {
                least: formatFigure(row.least_kt),
                kt: formatFigure(row.kt),
                short: formatFigure(row.short_kt),
              })}
            </p>
            {row.conflict && (
              <p class="ui-hint">
                {t("supply.contracts.conflict")} <span lang="en">{row.conflict}</span>
              </p>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function StockSection({ study, answer, commodity }: PartProps) {
  const rows = stockYears(answer, commodity);
  if (rows.length === 0) return null;
  const figure = (key: "least_kt" | "most_kt" | "drawn_kt") => ({
    key,
    title: t(`supply.column.${key}`),
    unit: t("supply.unit.kt"),
    number: true,
    value: (row: StockYear) => row[key],
    cell: (row: StockYear) => formatFigure(row[key]),
  });
  return (
    <Section title={t("supply.stocks")}>
      <LongTable
        caption={t("supply.stocks.caption")}
        rows={rows}
        rowKey={(row) => row.key}
        onSelect={(row) => show(study, { kind: "node", id: row.node })}
        columns={[
          {
            key: "place",
            title: t("supply.column.stock"),
            value: (row) => shortName(placeName(study, row.node)),
            cell: (row) => (
              <>
                {shortName(placeName(study, row.node))}
                <span class="work-second" lang="en">
                  {commodityName(study, row.commodity)}
                </span>
              </>
            ),
          },
          figure("least_kt"),
          figure("most_kt"),
          figure("drawn_kt"),
          {
            key: "days",
            title: t("supply.column.cover"),
            number: true,
            value: (row) => row.days,
            cell: (row) => formatNumber(row.days, 1),
          },
        ]}
      />
    </Section>
  );
}

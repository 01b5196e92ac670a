/** What it costs to send less through one country: a curve, and its points as a table. */

import { LineChart } from "../../charts";
import type { SupplyAnswer } from "../../contract";
import { formatFigure, formatPercent, t } from "../../i18n";
import { Disclosure, Section, Table } from "../../ui";

/** From this on costs are told in billions, million USD. */
const MANY_MUSD = 10_000;

type Point = NonNullable<SupplyAnswer["frontier"]>[number];

/** Leave out points at which nothing has changed since the one before. */
function differing(points: readonly Point[]): Point[] {
  return points.filter((point, i) => {
    const before = points[i - 1];
    return before?.share !== point.share || before.cost_musd !== point.cost_musd;
  });
}

export function FrontierSection({ points }: { points: readonly Point[] }) {
  const known = differing(points.filter((point) => point.cost_musd !== null));
  const cost = (point: Point) => point.cost_musd ?? 0;
  const inBillions = known.some((point) => cost(point) >= MANY_MUSD);
  const unit = t(inBillions ? "supply.unit.bnusd" : "supply.unit.musd");
  const shownCost = (point: Point) => (inBillions ? cost(point) / 1000 : cost(point));
  return (
    <Section title={t("supply.frontier")}>
      <p class="ui-hint">{t("supply.frontier.caption")}</p>
      {known.length < 2 ? (
        <p class="panel-soft">{t("supply.frontier.one")}</p>
      ) : (
        <LineChart
          points={known.map((point) => ({
            x: point.share,
            y: shownCost(point),
            label: t("supply.frontier.point", {
              share: formatPercent(point.share, 1),
              cost: `${formatFigure(shownCost(point))} ${unit}`,
              unserved: formatFigure(point.unserved_kt),
            }),
          }))}
          xTitle={t("supply.column.share")}
          yTitle={t("supply.frontier.cost", { unit })}
          formatX={(share) => formatPercent(share)}
        />
      )}
      <Disclosure title={t("supply.frontier.points")}>
        <Table
          caption={t("supply.frontier.caption")}
          hideCaption
          rows={points}
          rowKey={(point) => String(points.indexOf(point))}
          columns={[
            {
              key: "share",
              title: t("supply.column.share"),
              value: (point) => point.share,
              cell: (point) => formatPercent(point.share, 1),
            },
            {
              key: "cost",
              title: t("supply.column.total"),
              unit: t("supply.unit.musd"),
              number: true,
              value: (point) => point.cost_musd,
              cell: (point) => formatFigure(point.cost_musd),
            },
            {
              key: "unserved",
              title: t("supply.column.unserved"),
              unit: t("supply.unit.kt"),
              number: true,
              value: (point) => point.unserved_kt,
              cell: (point) => formatFigure(point.unserved_kt),
            },
          ]}
        />
      </Disclosure>
    </Section>
  );
}

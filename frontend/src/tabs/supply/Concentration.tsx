/** How much depends on few suppliers and few routes, and what avoids each transit country. */

import { BarCell, LevelBar } from "../../charts";
import { commodityName } from "../../data/names";
import { countryName, formatNumber, formatPercent, MISSING, t } from "../../i18n";
import { Disclosure, Section } from "../../ui";
import { LongTable } from "../questions/LongTable";
import type { PartProps } from "./Balance";
import { avoidances } from "./figures";

/** One supplier, or one route, has all. */
const WHOLE = 10_000;
/** Merger guidelines of the United States of 2010: moderate concentration, and high. */
const MODERATE = 1_500;
const HIGH = 2_500;
/** With more commodities than this, what avoids each country is folded. */
const FEW = 2;

export function ConcentrationSection({ study, answer, commodity }: PartProps) {
  const shown = Object.entries(answer.hhi).filter(
    ([one]) => commodity === null || one === commodity,
  );
  return (
    <Section title={t("supply.concentration")}>
      <p class="ui-hint">
        {t("supply.concentration.hint", {
          whole: formatNumber(WHOLE),
          moderate: formatNumber(MODERATE),
          high: formatNumber(HIGH),
        })}
      </p>
      {shown.map(([one, { suppliers, routes, avoiding }]) => (
        <div key={one} class="supply-concentration">
          <h4 lang="en">{commodityName(study, one)}</h4>
          <Level title={t("supply.hhi.suppliers")} value={suppliers} />
          <Level title={t("supply.hhi.routes")} value={routes} />
          <Avoided avoiding={avoiding} isOpen={shown.length <= FEW} />
        </div>
      ))}
    </Section>
  );
}

function Level({ title, value }: { title: string; value: number | null }) {
  const words = value === null ? MISSING : `${formatNumber(value)}, ${levelName(value)}`;
  return (
    <LevelBar
      title={title}
      value={value}
      most={WHOLE}
      words={words}
      marks={[MODERATE, HIGH].map((at) => ({ at, label: formatNumber(at) }))}
      level={value === null ? undefined : levelOf(value)}
    />
  );
}

function levelOf(value: number): "good" | "warn" | "bad" {
  if (value < MODERATE) return "good";
  return value < HIGH ? "warn" : "bad";
}

function levelName(value: number): string {
  return t(`supply.hhi.${levelOf(value)}`);
}

interface AvoidedProps {
  avoiding: Readonly<Record<string, number>>;
  isOpen: boolean;
}

function Avoided({ avoiding, isOpen }: AvoidedProps) {
  const rows = avoidances(avoiding);
  if (rows.length === 0) return <p class="panel-soft">{t("supply.avoiding.none")}</p>;
  return (
    <Disclosure title={t("supply.avoiding")} open={isOpen}>
      <LongTable
        caption={t("supply.avoiding.caption")}
        hideCaption
        rows={rows}
        rowKey={([country]) => country}
        columns={[
          {
            key: "country",
            title: t("supply.column.country"),
            value: ([country]) => countryName(country),
          },
          {
            key: "share",
            title: t("supply.column.avoids"),
            number: true,
            value: ([, share]) => share,
            cell: ([, share]) => <BarCell share={share} label={formatPercent(share, 1)} />,
          },
        ]}
      />
    </Disclosure>
  );
}

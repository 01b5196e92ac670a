/** The supply balance: who can ship what to whom, what binds, and what depends on few. */

import "./work.css";
import "./supply/supply.css";
import type { SupplyAnswer } from "../contract";
import type { Study } from "../data/model";
import { commodityName } from "../data/names";
import { formatFigure, formatNumber, t } from "../i18n";
import { mode, study } from "../state";
import { Disclosure, Notice, Select } from "../ui";
import type { TabDefinition } from "./definition";
import { Refused } from "./route/Refused";
import { awaited, refusal } from "./supply/asking";
import { DeliverySection, NeedSection, summary } from "./supply/Balance";
import { ConcentrationSection } from "./supply/Concentration";
import { FrontierSection } from "./supply/FrontierSection";
import { LimitSection, StopSection } from "./supply/Limits";
import { ContractSection, StockSection } from "./supply/Promises";
import { SupplyForm } from "./supply/SupplyForm";
import { balance, commodityShown, SUPPLY_TAB, showCommodity } from "./supply/state";

function SupplyPanel() {
  const world = study.value;
  const answer = balance.value;
  return (
    <div class="work-panel">
      <SupplyForm />
      <p class="supply-said" aria-live="polite">
        {awaited.value === "balance"
          ? t("supply.asking")
          : answer && summary(answer, commodityShown.value)}
      </p>
      <p class="ui-hint" aria-live="polite">
        {awaited.value === "rest" && t("supply.asking.rest")}
      </p>
      {refusal.value && <Refused refusal={refusal.value} />}
      {world && answer && <Answer study={world} answer={answer} />}
    </div>
  );
}

function Answer({ study: world, answer }: { study: Study; answer: SupplyAnswer }) {
  const commodity = commodityShown.value;
  const parts = { study: world, answer, commodity };
  return (
    <>
      <div class="supply-head">
        <p class="ui-hint">
          {t("supply.about", {
            year: String(answer.year),
            cost: formatFigure(answer.cost_musd),
            seconds: formatNumber(secondsOf(answer), 1),
          })}
        </p>
        {answer.commodities.length > 1 && <CommodityField {...parts} />}
        {answer.notices.length > 0 && (
          <Notice tone="warn">
            <Disclosure title={t("supply.notices", { count: answer.notices.length })}>
              <ul class="work-bullets" lang="en">
                {answer.notices.map((notice) => (
                  <li key={notice}>{notice}</li>
                ))}
              </ul>
            </Disclosure>
          </Notice>
        )}
      </div>
      <NeedSection {...parts} />
      <DeliverySection {...parts} />
      <LimitSection {...parts} />
      <ContractSection {...parts} />
      <ConcentrationSection {...parts} />
      {answer.n_minus_1 && <StopSection {...parts} />}
      <StockSection {...parts} />
      {answer.frontier && <FrontierSection points={answer.frontier} />}
    </>
  );
}

function secondsOf({ seconds }: SupplyAnswer): number {
  return Object.values(seconds).reduce((sum, part) => sum + part, 0);
}

function CommodityField({ study: world, answer }: { study: Study; answer: SupplyAnswer }) {
  return (
    <Select
      label={t("supply.shown")}
      value={commodityShown.value ?? ""}
      options={[
        { value: "", label: t("supply.shown.all") },
        ...answer.commodities.map((one) => ({ value: one, label: commodityName(world, one) })),
      ]}
      onChange={(value) => showCommodity(value || null)}
    />
  );
}

export const tab: TabDefinition = {
  id: SUPPLY_TAB,
  title: "supply.tab",
  order: 6,
  available: () => mode.value === "server" && study.value !== null,
  Panel: SupplyPanel,
};

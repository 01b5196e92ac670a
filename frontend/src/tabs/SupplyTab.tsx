/** The supply balance: who can ship what to whom, what binds, and what depends on few. */

import "./work.css";
import "./supply/supply.css";
import type { SupplyAnswer } from "../contract";
import type { Study } from "../data/model";
import { commodityName } from "../data/names";
import { formatFigure, formatNumber, t } from "../i18n";
import { mode, study } from "../state";
import { Select } from "../ui";
import type { TabDefinition } from "./definition";
import { Notices, Said } from "./questions/QuestionForm";
import { DeliverySection, NeedSection, summary } from "./supply/Balance";
import { ConcentrationSection } from "./supply/Concentration";
import { FrontierSection } from "./supply/FrontierSection";
import { LimitSection, StopSection } from "./supply/Limits";
import { ContractSection, StockSection } from "./supply/Promises";
import { SupplyForm } from "./supply/SupplyForm";
import { asking, balance, commodityShown, showCommodity } from "./supply/state";

function SupplyPanel() {
  const world = study.value;
  const answer = balance.value;
  return (
    <div class="work-panel">
      <SupplyForm />
      <Said
        asking={asking}
        waiting={t("supply.asking")}
        rest={t("supply.asking.rest")}
        summary={answer && summary(answer, commodityShown.value)}
      />
      {world && answer && <Answer study={world} answer={answer} />}
    </div>
  );
}

function Answer({ study: world, answer }: { study: Study; answer: SupplyAnswer }) {
  const commodity = commodityShown.value;
  const parts = { study: world, answer, commodity };
  return (
    <>
      <div class="work-head">
        <p class="ui-hint">
          {t("supply.about", {
            year: String(answer.year),
            cost: formatFigure(answer.cost_musd),
            seconds: formatNumber(secondsOf(answer), 1),
          })}
        </p>
        {answer.commodities.length > 1 && <CommodityField {...parts} />}
        <Notices notices={answer.notices} title="supply.notices" />
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
  id: asking.kind,
  title: "supply.tab",
  order: 6,
  available: () => mode.value === "server" && study.value !== null,
  Panel: SupplyPanel,
};

/** Investments: which projects to build within a budget, and how sure that choice is. */

import "./work.css";
import type { InvestAnswer } from "../contract";
import { formatFigure, formatNumber, formatPercent, t } from "../i18n";
import { mode, study } from "../state";
import type { TabDefinition } from "./definition";
import { FrontierSection, RegretSection } from "./invest/Charts";
import { unitOf } from "./invest/figures";
import { InvestForm } from "./invest/InvestForm";
import { InteractionSection, ProjectSection } from "./invest/Projects";
import { asking } from "./invest/state";
import { Notices, Said } from "./questions/QuestionForm";

function InvestPanel() {
  const world = study.value;
  const answer = asking.answer.value;
  const parts = world && answer && { study: world, answer };
  return (
    <div class="work-panel">
      <InvestForm />
      <Said asking={asking} waiting={t("invest.asking")} summary={answer && summary(answer)} />
      {parts && (
        <>
          <div class="work-head">
            <p class="ui-hint">{about(parts.answer)}</p>
            <Notices notices={parts.answer.notices} title="invest.notices" />
          </div>
          <ProjectSection {...parts} />
          <FrontierSection {...parts} />
          <RegretSection {...parts} />
          <InteractionSection {...parts} />
        </>
      )}
    </div>
  );
}

/** Say in one sentence what is chosen, and what it is worth. */
function summary({ chosen, portfolio, budget_musd }: InvestAnswer): string {
  const budget = formatFigure(budget_musd);
  if (chosen.length === 0) return t("invest.summary.none", { budget });
  return t("invest.summary", {
    budget,
    count: chosen.length,
    cost: formatFigure(portfolio.cost_musd),
    npv: formatFigure(portfolio.npv_musd),
    ratio: formatFigure(portfolio.benefit_cost_ratio),
  });
}

/** Say what was assumed, and how sure it is that nothing is better. */
function about(answer: InvestAnswer): string {
  const sure = answer.exact
    ? t("invest.exact")
    : t("invest.gap", { gap: formatFigure(answer.gap), unit: unitOf(answer) });
  const assumed = t("invest.about", {
    rate: formatPercent(answer.discount_rate, 1),
    years: formatNumber(answer.horizon_years),
    carbon: formatFigure(answer.carbon_usd_t),
    evaluations: formatNumber(answer.evaluations),
    seconds: formatNumber(answer.seconds, 1),
  });
  const plan = answer.chosen.length > 0 ? answer.plan : null;
  const waiting = plan && t("invest.waiting", { value: formatFigure(plan.waiting_musd) });
  return [assumed, sure, waiting, planner(answer)].filter(Boolean).join(" ");
}

/** Say what a planner who directs all goods would build, if that was asked. */
function planner({ system_optimum: optimum }: InvestAnswer): string | null {
  if (!optimum) return null;
  return t("invest.planner.found", {
    chosen: optimum.chosen.join(", ") || t("invest.nothing"),
    value: formatFigure(optimum.value_musd),
    reached: formatFigure(optimum.by_equilibrium_musd),
  });
}

export const tab: TabDefinition = {
  id: asking.kind,
  title: "invest.tab",
  order: 8,
  available: () => mode.value === "server" && study.value !== null,
  Panel: InvestPanel,
};

/** Stress tests: what the loss of each element would cost, and who could not be served. */

import "./work.css";
import type { StressAnswer } from "../contract";
import type { Study } from "../data/model";
import { formatDate, formatFigure, formatNumber, t } from "../i18n";
import { mode, study } from "../state";
import type { TabDefinition } from "./definition";
import { Said } from "./questions/QuestionForm";
import { MEASURES, ranked } from "./stress/figures";
import { PairSection, RankingSection } from "./stress/Ranking";
import { StressForm } from "./stress/StressForm";
import { asking } from "./stress/state";
import { limitName } from "./supply/names";

function StressPanel() {
  const world = study.value;
  const answer = asking.answer.value;
  return (
    <div class="work-panel">
      <StressForm />
      <Said
        asking={asking}
        waiting={t("stress.asking")}
        summary={world && answer && summary(world, answer)}
      />
      {world && answer && (
        <>
          <p class="ui-hint">
            {t("stress.about", {
              year: String(answer.year),
              on: formatDate(answer.on),
              days: answer.days,
              seconds: formatNumber(answer.seconds, 1),
            })}
          </p>
          <RankingSection study={world} answer={answer} />
          {answer.n > 1 && <PairSection study={world} answer={answer} />}
        </>
      )}
    </div>
  );
}

/** Say in one sentence which loss is the worst. */
function summary(world: Study, answer: StressAnswer): string {
  const worst = ranked(answer, "lost_kt")[0] ?? ranked(answer, "welfare")[0];
  if (!worst) return t("stress.summary.none", { tried: formatNumber(answer.elements_tried) });
  return t("stress.summary", {
    tried: formatNumber(answer.elements_tried),
    element: limitName(world, worst.kind, worst.element, worst.name),
    lost: formatFigure(MEASURES.lost_kt(worst)),
    welfare: formatFigure(MEASURES.welfare(worst)),
  });
}

export const tab: TabDefinition = {
  id: asking.kind,
  title: "stress.tab",
  order: 7,
  available: () => mode.value === "server" && study.value !== null,
  Panel: StressPanel,
};

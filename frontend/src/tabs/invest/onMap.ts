/** Projects on the map: chosen ones whole and wide, the others dashed and thin. */

import type { InvestAnswer } from "../../contract";
import type { Study } from "../../data/model";
import { markOf } from "../../data/names";
import { t } from "../../i18n";
import type { Mark, MarkLook } from "../../map/marks";
import { elementsOf, isChosen } from "./figures";

const CHOSEN: MarkLook = { colour: ({ accent }) => accent, width: 4, radius: 8 };
const LEFT: MarkLook = {
  colour: ({ inkSoft }) => inkSoft,
  width: 1.8,
  radius: 5,
  dash: [5, 3],
};
const SHOWN: MarkLook = { colour: ({ bad }) => bad, width: 6, radius: 11 };

/** Return the marks of all projects, those that stand out last. */
export function projectMarks(answer: InvestAnswer, study: Study, shown: string | null): Mark[] {
  const lookOf = (project: string): MarkLook => {
    if (project === shown) return SHOWN;
    return isChosen(answer, project) ? CHOSEN : LEFT;
  };
  const marks = answer.projects.flatMap(({ project }) =>
    elementsOf(study, project).map((one) => ({ at: markOf(study, one), look: lookOf(project) })),
  );
  return marks.sort((a, b) => a.look.width - b.look.width);
}

/** Return what the marks say, for the legend. */
export function projectKey(): { title: string; entries: { text: string; look: MarkLook }[] } {
  return {
    title: t("invest.map.key"),
    entries: [
      { text: t("invest.map.chosen"), look: CHOSEN },
      { text: t("invest.map.left"), look: LEFT },
      { text: t("invest.map.shown"), look: SHOWN },
    ],
  };
}

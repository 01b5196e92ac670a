/** Losses on the map: the worse one is, the darker and the wider its mark. */

import type { StressAnswer } from "../../contract";
import type { Study } from "../../data/model";
import { markOf } from "../../data/names";
import { formatFigure, t } from "../../i18n";
import type { Mark, MarkLook } from "../../map/marks";
import { UTILISATION_COLOURS } from "../../map/palette";
import { selectionFor } from "../supply/names";
import { levelOf, levelsOf, MEASURES, ranked } from "./figures";
import { measure } from "./state";

/** Pixels, of the lines and circles of each level, the worst first. */
const WIDTHS = [8, 6, 4.5, 3, 1.5];
const RADII = [13, 10.5, 8, 6, 4.5];

const LOOKS: readonly MarkLook[] = WIDTHS.map((width, level) => ({
  colour: ({ theme }) => UTILISATION_COLOURS[theme][WIDTHS.length - 1 - level] as string,
  width,
  radius: RADII[level] as number,
}));

function levels(answer: StressAnswer): number[] {
  const worst = ranked(answer, measure.value)[0];
  return levelsOf(worst ? MEASURES[measure.value](worst) : 0);
}

/** Return the marks of all losses that cost anything, the worst last. */
export function lossMarks(answer: StressAnswer, study: Study): Mark[] {
  const limits = levels(answer);
  return ranked(answer, measure.value)
    .reverse()
    .flatMap((loss) => {
      const found = selectionFor(study, loss.kind, loss.element);
      const look = LOOKS[levelOf(MEASURES[measure.value](loss), limits)];
      return found && look ? { at: markOf(study, found), look } : [];
    });
}

/** Return what the marks say, for the legend. */
export function lossKey(answer: StressAnswer): {
  title: string;
  entries: { text: string; look: MarkLook }[];
} {
  const limits = levels(answer);
  const unit = t(`stress.unit.${measure.value}`);
  const texts = [
    ...limits.map((least) => t("stress.map.from", { least: formatFigure(least), unit })),
    t("stress.map.below", { most: formatFigure(limits.at(-1)), unit }),
  ];
  return {
    title: t("stress.map.key", { measure: t(`stress.measure.${measure.value}`) }),
    entries: texts.map((text, level) => ({ text, look: LOOKS[level] as MarkLook })),
  };
}

/** The levels of the study's waters, and what vessels load at them. */

import type { WaterLevel } from "../../contract";
import { placeName } from "../../data/names";
import { formatNumber, formatPercent, t } from "../../i18n";
import { Source } from "../../panels/Source";
import { draft, study } from "../../state";
import { Button, Disclosure, Slider } from "../../ui";
import { withWaterLevel } from "./edit";
import { listed } from "./names";
import { Problems } from "./Problems";
import { problemsAt } from "./problems";
import { base, edit, problems } from "./state";
import { levelRange, loadShare, STEP_M } from "./water";

const metres = (level_m: number): string => `${formatNumber(level_m, 2)}\u00a0m`;

function Level({ id, water }: { id: string; water: WaterLevel }) {
  const base_m = base.value.water_level[id] ?? water.current_m;
  const level_m = draft.value.water_level?.[id] ?? base_m;
  const { min, max } = levelRange(water);
  const world = study.value;
  const set = (value_m: number) =>
    edit((content) => withWaterLevel(content, id, Math.round(value_m * 100) / 100, base_m));
  const at = ((water.current_m - min) / (max - min)) * 100;
  const places = world ? water.places.map((node) => placeName(world, node)) : [];
  return (
    <div class="work-water">
      <Slider
        label={water.title || id}
        value={level_m}
        min={min}
        max={max}
        step={STEP_M}
        format={metres}
        onInput={set}
      />
      <div class="work-water-scale" aria-hidden="true">
        <span class="work-water-mark" style={{ left: `${at}%` }}>
          {t("work.water.now", { level: metres(water.current_m) })}
        </span>
      </div>
      <p class="ui-hint">
        {t("work.water.load", {
          load: formatPercent(loadShare(water, level_m)),
          now: formatPercent(loadShare(water, water.current_m)),
          places: listed(places),
        })}
      </p>
      <Disclosure title={t("work.source")}>
        <Source id={water.source_id} />
      </Disclosure>
      {level_m !== base_m && (
        <Button onClick={() => set(base_m)}>
          {t("work.water.reset", { level: metres(base_m) })}
        </Button>
      )}
    </div>
  );
}

export function WaterSection() {
  const levels = Object.entries(study.value?.page.water_levels ?? {});
  if (levels.length === 0) return null;
  return (
    <Disclosure title={t("work.waters")} open>
      <Problems problems={problemsAt(problems.value, "water_level")} />
      {levels.map(([id, water]) => (
        <Level key={id} id={id} water={water} />
      ))}
    </Disclosure>
  );
}

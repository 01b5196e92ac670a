/** Investments that are made or not. */

import { rowOf } from "../../data/frame";
import type { Row } from "../../data/model";
import { listOf } from "../../data/names";
import { formatNumber, t } from "../../i18n";
import { Source } from "../../panels/Source";
import { draft, study } from "../../state";
import { Disclosure, Toggle } from "../../ui";
import { withProject } from "./edit";
import { listed, projectName } from "./names";
import { Problems } from "./Problems";
import { problemsAt } from "./problems";
import { base, draftYear, edit, problems } from "./state";

function ProjectRow({ row, requires }: { row: Row; requires: Map<string, string[]> }) {
  const world = study.value;
  if (!world) return null;
  const id = String(row.project_id);
  const inBase = base.value.projects;
  const isFixed = inBase.includes(id);
  const earliest = Number(row.earliest_year);
  const isEarly = draftYear.value !== null && earliest > draftYear.value;
  const needed = (requires.get(id) ?? []).map((one) => projectName(world, one));
  const cost =
    row.cost_musd === null
      ? t("work.project.cost-unknown")
      : t("work.project.cost", { cost: formatNumber(Number(row.cost_musd), 1) });
  return (
    <li class="work-event">
      <Toggle
        label={String(row.name)}
        checked={isFixed || (draft.value.projects?.includes(id) ?? false)}
        disabled={isFixed}
        onChange={(on) => edit((content) => withProject(content, id, on, requires, inBase))}
      />
      <p class="ui-hint">
        {[
          isFixed && t("work.by-base"),
          t(`work.project.status.${row.status}`),
          cost,
          t("work.project.earliest", { year: String(earliest) }),
          needed.length && t("work.project.requires", { projects: listed(needed) }),
        ]
          .filter(Boolean)
          .join("; ")}
        .
      </p>
      <Source id={row.source_id as string | null} withNote={false} />
      {isEarly && draft.value.projects?.includes(id) && (
        <p class="work-warning">
          {t("work.project.early", {
            earliest: String(earliest),
            year: String(draftYear.value),
          })}
        </p>
      )}
    </li>
  );
}

export function ProjectsSection() {
  const frame = study.value?.table("project");
  if (!frame?.rows) return null;
  const rows = Array.from({ length: frame.rows }, (_, row) => rowOf(frame, row));
  const requires = new Map(
    rows.map((row) => [String(row.project_id), listOf(row.requires as string | null)]),
  );
  const faults = problemsAt(problems.value, "projects");
  const count = base.value.projects.length + (draft.value.projects?.length ?? 0);
  return (
    <Disclosure title={t("work.projects", { count })} open={faults.length > 0}>
      <Problems problems={faults} />
      <ul class="work-list">
        {rows.map((row) => (
          <ProjectRow key={String(row.project_id)} row={row} requires={requires} />
        ))}
      </ul>
    </Disclosure>
  );
}

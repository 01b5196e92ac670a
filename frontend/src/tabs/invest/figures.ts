/** Figures of a choice of projects: what is chosen first, and how much each choice is regretted. */

import type { InvestAnswer, InvestObjective, InvestProject, InvestRegret } from "../../contract";
import type { Study } from "../../data/model";
import { groupRows, rowsOf } from "../../data/queries";
import { t } from "../../i18n";
import type { Selection } from "../../state";

export function isChosen(answer: InvestAnswer, project: string): boolean {
  return answer.chosen.some((one) => one.project === project);
}

/** Return the unit of values of the objective. */
export function unitOf({ objective }: Pick<InvestAnswer, "objective">): string {
  return t(`invest.unit.${objective}`);
}

/** Return what a project alone brings of the objective, in its unit. */
export function worthOf(row: InvestProject, objective: InvestObjective): number | null {
  return {
    npv: row.npv_musd,
    throughput: row.throughput_kt_y,
    resilience: row.resilience_kt,
    co2: row.co2_kt_y,
  }[objective];
}

/** Return the projects: chosen ones in the order in which to begin, then by worth. */
export function projectsInOrder(answer: InvestAnswer): InvestProject[] {
  const places = answer.chosen.map((one) => one.project);
  const place = ({ project }: InvestProject) =>
    places.includes(project) ? places.indexOf(project) : places.length;
  const worth = (row: InvestProject) => worthOf(row, answer.objective) ?? Number.MIN_SAFE_INTEGER;
  return [...answer.projects].sort((a, b) => place(a) - place(b) || worth(b) - worth(a));
}

/** A set of projects, with how much it is regretted where each scenario comes true. */
export interface Portfolio {
  key: string;
  /** A, B, C, for charts. */
  letter: string;
  chosen: string[];
  regrets: InvestRegret[];
  largest: number;
  isRobust: boolean;
}

const keyOf = (chosen: readonly string[]): string => [...chosen].sort().join();

/** Return the sets of projects by the regret they can leave; of one scenario there are none. */
export function portfolios({ regret, robust, scenarios }: InvestAnswer): Portfolio[] {
  if (scenarios.length < 2) return [];
  const groups = groupRows(regret, (one) => keyOf(one.chosen));
  return [...groups]
    .map(([key, regrets]) => ({
      key,
      letter: "",
      chosen: regrets[0]?.chosen ?? [],
      regrets,
      largest: Math.max(...regrets.map((one) => one.regret)),
      isRobust: robust !== null && keyOf(robust.chosen) === key,
    }))
    .sort((a, b) => Number(b.isRobust) - Number(a.isRobust) || a.largest - b.largest)
    .map((one, i) => ({ ...one, letter: String.fromCharCode(65 + i) }));
}

/** Return the elements that a project changes, as far as the study has them. */
export function elementsOf(study: Study, project: string): Selection[] {
  const found = new Map<string, Selection>();
  for (const { table, row_id } of rowsOf(study, "project_change", "project_id", project)) {
    const kind = String(table) as Selection["kind"];
    const id = String(row_id);
    if (study.row(kind, `${kind}_id`, id)) found.set(`${kind} ${id}`, { kind, id });
  }
  return [...found.values()];
}

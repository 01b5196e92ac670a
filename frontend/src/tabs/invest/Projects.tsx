/** The projects: which are chosen and why the others are not, and which need each other. */

import type { InvestAnswer, InvestProject } from "../../contract";
import type { Study } from "../../data/model";
import { formatDifference, formatFigure, t } from "../../i18n";
import { Badge, Section } from "../../ui";
import { LongTable } from "../questions/LongTable";
import { projectName } from "../scenario/names";
import { show } from "../supply/names";
import { elementsOf, isChosen, projectsInOrder, unitOf, worthOf } from "./figures";
import { projectShown } from "./state";

export interface InvestPartProps {
  study: Study;
  answer: InvestAnswer;
}

function select(study: Study, project: string): void {
  projectShown.value = project;
  show(study, elementsOf(study, project)[0] ?? null);
}

export function ProjectSection({ study, answer }: InvestPartProps) {
  const { objective } = answer;
  return (
    <Section title={t("invest.projects")}>
      <LongTable
        caption={t("invest.projects.caption")}
        rows={projectsInOrder(answer)}
        rowKey={(row) => row.project}
        selectedKey={projectShown.value}
        onSelect={(row) => select(study, row.project)}
        columns={[
          {
            key: "name",
            title: t("invest.column.project"),
            value: (row) => row.name,
            cell: (row) => <Project row={row} answer={answer} />,
          },
          {
            key: "cost",
            title: t("invest.column.cost"),
            unit: t("invest.unit.npv"),
            number: true,
            value: (row) => row.cost_musd,
            cell: (row) => formatFigure(row.cost_musd),
          },
          {
            key: "worth",
            title: t(`invest.column.${objective}`),
            unit: unitOf(answer),
            number: true,
            value: (row) => worthOf(row, objective),
            cell: (row) => formatFigure(worthOf(row, objective)),
          },
          {
            key: "ratio",
            title: t("invest.column.ratio"),
            number: true,
            value: (row) => row.benefit_cost_ratio,
            cell: (row) => formatFigure(row.benefit_cost_ratio),
          },
        ]}
      />
    </Section>
  );
}

/** A project with the year in which it opens, or why it is not chosen. */
function Project({ row, answer }: { row: InvestProject; answer: InvestAnswer }) {
  const chosen = isChosen(answer, row.project);
  const opens = answer.chosen.find((one) => one.project === row.project)?.opens ?? row.opens;
  return (
    <>
      {row.name}
      <span class="work-second">
        {chosen && <Badge tone="good">{t("invest.chosen")}</Badge>}{" "}
        {chosen && opens !== null && t("invest.opens", { year: String(opens) })}
      </span>
      {row.break_even_musd !== null && (
        <span class="work-second">
          {t("invest.break-even", { cost: formatFigure(row.break_even_musd) })}
        </span>
      )}
      {!chosen && row.why_not && (
        <span class="work-second" lang="en">
          {row.why_not}
        </span>
      )}
    </>
  );
}

/** Pairs of projects that are worth more, or less, together than apart. */
export function InteractionSection({ study, answer }: InvestPartProps) {
  if (answer.interactions.length === 0) return null;
  const name = (project: string) => projectName(study, project);
  const unit = unitOf(answer);
  return (
    <Section title={t("invest.interactions")}>
      <LongTable
        caption={t("invest.interactions.caption")}
        rows={answer.interactions}
        rowKey={(row) => row.projects.join()}
        columns={[
          {
            key: "pair",
            title: t("invest.column.pair"),
            value: (row) => name(row.projects[0]),
            cell: (row) => (
              <>
                {name(row.projects[0])}
                <span class="work-second">+ {name(row.projects[1])}</span>
              </>
            ),
          },
          {
            key: "apart",
            title: t("invest.column.apart"),
            unit,
            number: true,
            value: (row) => row.alone_musd[0] + row.alone_musd[1],
            cell: (row) => formatFigure(row.alone_musd[0] + row.alone_musd[1]),
          },
          {
            key: "together",
            title: t("invest.column.together"),
            unit,
            number: true,
            value: (row) => row.together_musd,
            cell: (row) => formatFigure(row.together_musd),
          },
          {
            key: "synergy",
            title: t("invest.column.synergy"),
            unit,
            number: true,
            value: (row) => row.synergy_musd,
            cell: (row) => formatDifference(row.synergy_musd),
          },
        ]}
      />
    </Section>
  );
}

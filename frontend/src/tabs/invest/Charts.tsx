/** What more money would bring, and how much each choice would be regretted. */

import { LineChart, RangeChart } from "../../charts";
import type { InvestAnswer } from "../../contract";
import type { Study } from "../../data/model";
import { formatFigure, t } from "../../i18n";
import { Badge, Disclosure, Section, Table } from "../../ui";
import { listed, projectName } from "../scenario/names";
import { portfolios, unitOf } from "./figures";
import type { InvestPartProps } from "./Projects";

function names(study: Study, projects: readonly string[]): string {
  if (projects.length === 0) return t("invest.nothing");
  return listed(projects.map((one) => projectName(study, one)));
}

function valueTitle({ objective }: InvestAnswer): string {
  return t(`invest.value.${objective}`);
}

export function FrontierSection({ study, answer }: InvestPartProps) {
  const points = answer.frontier;
  if (points.length === 0) return null;
  return (
    <Section title={t("invest.frontier")}>
      <p class="ui-hint">{t("invest.frontier.hint")}</p>
      {points.length < 2 ? (
        <p class="panel-soft">{t("invest.frontier.one")}</p>
      ) : (
        <LineChart
          steps
          points={points.map((point) => ({
            x: point.budget_musd,
            y: point.value,
            label: t("invest.frontier.point", {
              budget: formatFigure(point.budget_musd),
              value: formatFigure(point.value),
              unit: unitOf(answer),
              count: point.chosen.length,
            }),
          }))}
          xTitle={t("invest.budget")}
          yTitle={valueTitle(answer)}
        />
      )}
      <Disclosure title={t("invest.frontier.points")}>
        <Table
          caption={t("invest.frontier.hint")}
          hideCaption
          rows={points}
          rowKey={(point) => String(points.indexOf(point))}
          columns={[
            {
              key: "budget",
              title: t("invest.budget"),
              value: (point) => point.budget_musd,
              cell: (point) => (
                <>
                  {formatFigure(point.budget_musd)}
                  <span class="work-second">{names(study, point.chosen)}</span>
                </>
              ),
            },
            {
              key: "value",
              title: valueTitle(answer),
              number: true,
              value: (point) => point.value,
              cell: (point) => formatFigure(point.value),
            },
          ]}
        />
      </Disclosure>
    </Section>
  );
}

export function RegretSection({ study, answer }: InvestPartProps) {
  const rows = portfolios(answer);
  if (rows.length === 0) return null;
  return (
    <Section title={t("invest.regret")}>
      <p class="ui-hint">{t("invest.regret.hint")}</p>
      <RangeChart
        xTitle={t("invest.regret.axis", { value: valueTitle(answer) })}
        rows={rows.map(({ key, letter, isRobust, regrets }) => ({
          key,
          mark: letter,
          strong: isRobust,
          points: regrets.map(({ scenario, regret }) => ({
            value: regret,
            label: t("invest.regret.point", {
              choice: letter,
              scenario,
              regret: formatFigure(regret),
            }),
          })),
        }))}
      />
      <Table
        caption={t("invest.regret.caption")}
        rows={rows}
        rowKey={(row) => row.key}
        columns={[
          {
            key: "choice",
            title: t("invest.column.choice"),
            value: (row) => row.letter,
            cell: (row) => (
              <>
                {row.letter} {row.isRobust && <Badge tone="good">{t("invest.robust")}</Badge>}
                <span class="work-second">{names(study, row.chosen)}</span>
              </>
            ),
          },
          {
            key: "largest",
            title: t("invest.column.largest"),
            number: true,
            value: (row) => row.largest,
            cell: (row) => formatFigure(row.largest),
          },
        ]}
      />
      <Worth answer={answer} />
    </Section>
  );
}

/** What it would be worth to know the future, and what it is worth to think of several. */
function Worth({ answer }: { answer: InvestAnswer }) {
  const { expected_value_of_perfect_information_musd: information } = answer;
  const { value_of_stochastic_solution_musd: stochastic } = answer;
  const unit = unitOf(answer);
  return (
    <>
      {information !== null && (
        <p>{t("invest.information", { value: formatFigure(information), unit })}</p>
      )}
      {stochastic !== null && (
        <p>{t("invest.stochastic", { value: formatFigure(stochastic), unit })}</p>
      )}
    </>
  );
}

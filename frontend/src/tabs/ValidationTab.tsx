/** Published against modelled: every observation of the study, with its source. */

import { RatioAxis, RatioMark } from "../charts";
import type { Row, Run, Study } from "../data/model";
import { allRows, groupRows } from "../data/queries";
import { formatNumber, t } from "../i18n";
import {
  limitsWords,
  metricValue,
  publishedValue,
  scopeWords,
  targetBand,
} from "../panels/observations";
import { Source } from "../panels/Source";
import { run, study } from "../state";
import { Disclosure, Section } from "../ui";
import "../panels/panels.css";
import type { TabDefinition } from "./definition";

/** What the model was judged on comes first, what was put into it last. */
const ROLES = ["validate", "calibrate", "margin"] as const;
/** What a run without a scenario is called. */
const AS_IS = "as-is";

function ValidationPanel() {
  const open = study.value;
  if (!open) return null;
  const shown = run.value;
  const compared = shown ? allRows(shown.table("validation")) : [];
  const judged = shown !== null && !isWhatIf(shown, open);
  const names = new Set(compared.map((row) => row.observation));
  const others = allRows(open.table("observation")).filter((row) => !names.has(row.observation_id));
  return (
    <div class="panel-tab">
      {shown && <Judgement run={shown} rows={compared} judged={judged} />}
      {ROLES.map((role) => (
        <RoleSection
          key={role}
          study={open}
          role={role}
          rows={compared.filter((row) => row.role === role)}
          judged={judged}
        />
      ))}
      <OtherObservations study={open} rows={others} />
    </div>
  );
}

/** Whether something else was asked than what the study takes for what happened. */
function isWhatIf(shown: Run, study: Study): boolean {
  return shown.page.scenario.name !== (study.page.default_scenario ?? AS_IS);
}

interface JudgementProps {
  run: Run;
  rows: readonly Row[];
  judged: boolean;
}

function Judgement({ run, rows, judged }: JudgementProps) {
  const year = String(run.page.year ?? "");
  if (!rows.length) return <p>{t("shell.validation.none", { year })}</p>;
  if (!judged) return <p>{t("shell.validation.what_if", { year })}</p>;
  const targets = rows.filter((row) => row.role === "validate" && row.within !== null);
  const met = targets.filter((row) => row.within).length;
  return (
    <div class="panel-stack">
      <p>{t("shell.validation.judgement", { met, judged: targets.length, year })}</p>
      <p class="panel-soft">{t("shell.validation.how")}</p>
    </div>
  );
}

interface RoleProps {
  study: Study;
  role: (typeof ROLES)[number];
  rows: readonly Row[];
  judged: boolean;
}

function RoleSection({ study, role, rows, judged }: RoleProps) {
  if (!rows.length) return null;
  return (
    <Section title={t(`shell.role.${role}`)}>
      <p class="panel-soft">{t(`shell.role.${role}.means`)}</p>
      <div>
        <div class="panel-axis">
          <RatioAxis />
        </div>
        <ul>
          {rows.map((row) => (
            <Compared key={String(row.observation)} study={study} row={row} judged={judged} />
          ))}
        </ul>
      </div>
    </Section>
  );
}

interface ComparedProps {
  study: Study;
  row: Row;
  judged: boolean;
}

function Compared({ study, row, judged }: ComparedProps) {
  const observation = study.row("observation", "observation_id", String(row.observation));
  const limits = observation ? limitsWords(study, observation) : "";
  const within = row.within as boolean | null;
  const metric = String(row.metric);
  return (
    <li class="panel-observation">
      <div class="panel-observation-head">
        <p>
          <span class="panel-entry-title">
            {t("shell.validation.what", {
              metric: t(`shell.metric.${metric}`),
              scope: scopeWords(study, String(row.scope)),
            })}
          </span>
          {limits && <span class="panel-soft panel-limits">{limits}</span>}
        </p>
        {judged && <Verdict within={within} />}
      </div>
      <p class="panel-observation-values">
        <span>{t("shell.validation.published", { value: publishedValue(row, "published") })}</span>
        <span>
          {t("shell.validation.modelled", {
            value: metricValue(metric, row.modelled as number | null),
          })}
        </span>
        <span>×{formatNumber(row.ratio as number | null, 2)}</span>
      </p>
      <RatioMark
        ratio={row.ratio as number | null}
        within={judged ? within : null}
        {...targetBand(row)}
      />
      <Disclosure title={<span class="panel-soft">{t("shell.validation.source")}</span>}>
        {observation?.note && (
          <p class="panel-soft" lang="en">
            {String(observation.note)}
          </p>
        )}
        <Source id={row.source_id as string | null} />
      </Disclosure>
    </li>
  );
}

/** Met or missed, in words and by shape, not by colour alone. */
function Verdict({ within }: { within: boolean | null }) {
  if (within === null) return <span class="panel-verdict">{t("shell.validation.unknown")}</span>;
  return within ? (
    <span class="panel-verdict panel-met">● {t("shell.validation.met")}</span>
  ) : (
    <span class="panel-verdict panel-missed">◇ {t("shell.validation.missed")}</span>
  );
}

/** Observations of other years, and those that nothing can be compared with. */
function OtherObservations({ study, rows }: { study: Study; rows: readonly Row[] }) {
  if (!rows.length) return null;
  const newest = rows.toSorted((a, b) => Number(b.year) - Number(a.year));
  return (
    <Section title={t("shell.validation.others")}>
      <p class="panel-soft">{t("shell.validation.others_means")}</p>
      {[...groupRows(newest, (row) => String(row.year))].map(([year, part]) => (
        <Disclosure
          key={year}
          title={t("shell.validation.year", { year, count: String(part.length) })}
        >
          <ul class="panel-entries">
            {part.map((row) => (
              <li key={String(row.observation_id)}>
                <p>
                  <span class="panel-entry-title">
                    {t("shell.validation.what", {
                      metric: t(`shell.metric.${row.metric}`),
                      scope: scopeWords(study, String(row.scope)),
                    })}
                  </span>
                </p>
                <p>{publishedValue(row, "value")}</p>
                <p class="panel-soft">
                  {[t(`shell.role.${row.role}`), limitsWords(study, row)]
                    .filter(Boolean)
                    .join("; ")}
                </p>
                <Source id={row.source_id as string | null} withNote={false} />
              </li>
            ))}
          </ul>
        </Disclosure>
      ))}
    </Section>
  );
}

export const tab: TabDefinition = {
  id: "validation",
  title: "shell.tab.validation",
  order: 9,
  available: () => (study.value?.table("observation").rows ?? 0) > 0,
  Panel: ValidationPanel,
};

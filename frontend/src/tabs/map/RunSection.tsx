/** What the run on the map is, and what there is to know about it. */

import type { Run } from "../../data/model";
import { formatDate, formatFigure, formatPower, t } from "../../i18n";
import { mode, tab as openTab } from "../../state";
import { Button, Disclosure, Notice } from "../../ui";

export function NoRun() {
  if (mode.value === "report") return <Notice>{t("shell.run.none_in_report")}</Notice>;
  return (
    <Notice
      title={t("shell.run.none")}
      action={
        <Button
          look="primary"
          onClick={() => {
            openTab.value = "scenario";
          }}
        >
          {t("shell.run.invite")}
        </Button>
      }
    >
      <p>{t("shell.run.none_hint")}</p>
    </Notice>
  );
}

export function RunSection({ run }: { run: Run }) {
  const { page } = run;
  const facts = [
    page.scenario.title && page.scenario.name,
    page.year && String(page.year),
    t(page.simulated ? "shell.run.simulated" : "shell.run.assigned"),
    page.finished && t("shell.run.finished", { date: formatDate(page.finished, true) }),
    page.seconds !== null && t("shell.run.seconds", { seconds: formatFigure(page.seconds) }),
  ];
  return (
    <div class="panel-stack">
      <p class="panel-soft">{facts.filter(Boolean).join(" · ")}</p>
      {page.residual !== null && <Convergence run={run} />}
      {page.notices.length > 0 && (
        <Notice tone="warn">
          <Disclosure title={t("shell.run.notices", { count: page.notices.length })}>
            <ul class="panel-notices" lang="en">
              {page.notices.map((notice) => (
                <li key={notice}>{notice}</li>
              ))}
            </ul>
          </Disclosure>
        </Notice>
      )}
      {page.scenario.description && (
        <Disclosure title={t("shell.run.about")}>
          <p class="panel-soft" lang="en">
            {page.scenario.description}
          </p>
        </Disclosure>
      )}
    </div>
  );
}

function Convergence({ run }: { run: Run }) {
  const { converged, residual } = run.page;
  const size = formatPower(residual);
  if (converged) return <p>{t("shell.run.converged", { residual: size })}</p>;
  return <Notice tone="warn">{t("shell.run.not_converged", { residual: size })}</Notice>;
}

/** Above every tab: which run is shown, and with which it is compared. */

import type { Run } from "../data/model";
import { t } from "../i18n";
import { baseline, run, study } from "../state";
import { Button } from "../ui";

/** What a run is called: its scenario, or the id of that. */
export function runTitle({ page }: Run): string {
  return page.scenario.title || page.scenario.name;
}

export function titleWithYear(shown: Run): string {
  const title = runTitle(shown);
  const { year } = shown.page;
  return year === null || title.includes(String(year)) ? title : `${title}, ${year}`;
}

export function RunLine() {
  const shown = run.value;
  const other = baseline.value;
  if (!shown) {
    return (
      <div class="shell-run">
        <h2 lang="en">{study.value?.page.title}</h2>
      </div>
    );
  }
  return (
    <div class="shell-run">
      <h2>
        {titleWithYear(shown)}
        {other && (
          <>
            {" "}
            <span class="shell-soft">{t("shell.compare.with")}</span> {titleWithYear(other)}
          </>
        )}
      </h2>
      {other && (
        <div class="shell-run-buttons">
          <Button look="quiet" icon="swap" onClick={swap}>
            {t("shell.compare.swap")}
          </Button>
          <Button
            look="quiet"
            icon="close"
            onClick={() => {
              baseline.value = null;
            }}
          >
            {t("shell.compare.end")}
          </Button>
        </div>
      )}
    </div>
  );
}

function swap(): void {
  const shown = run.value;
  run.value = baseline.value;
  baseline.value = shown;
}

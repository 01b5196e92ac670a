/** How far a run is, and a button that stops it. */

import type { RunInfo } from "../../contract";
import { t } from "../../i18n";
import { Button, Progress } from "../../ui";
import { cancel } from "./jobs";
import { stageText } from "./words";

export function RunProgress({ info }: { info: RunInfo }) {
  const name = info.title || info.scenario;
  return (
    <div class="work-progress">
      <p class="work-progress-name">{name}</p>
      <div aria-live="polite">
        {info.state === "running" ? (
          <Progress label={stageText(info)} done={info.done} total={info.total} />
        ) : (
          <p class="ui-hint">{stageText(info)}</p>
        )}
      </div>
      <Button
        icon="close"
        aria-label={t("work.cancel-what", { what: name })}
        onClick={() => cancel(info.run_id)}
      >
        {t("work.cancel")}
      </Button>
    </div>
  );
}

/** What the scenario changes of its base, a sentence each, and how to take it back. */

import { t } from "../../i18n";
import { draft, study } from "../../state";
import { Button, IconButton, Section } from "../../ui";
import { changesOf } from "./describe";
import { Problems } from "./Problems";
import { problemsAt } from "./problems";
import { edit, problems, resetDraft } from "./state";

export function ChangesSection() {
  const world = study.value;
  if (!world) return null;
  const changes = changesOf(draft.value, world);
  return (
    <Section
      title={t("work.changes")}
      aside={changes.length > 0 && <Button onClick={resetDraft}>{t("work.changes.reset")}</Button>}
    >
      <Problems problems={problemsAt(problems.value, "event")} />
      {changes.length === 0 && <p class="ui-hint">{t("work.changes.none")}</p>}
      <ul class="work-list">
        {changes.map((change) => (
          <li key={change.key} class="work-item">
            <p>{change.text}</p>
            <IconButton
              icon="close"
              label={t("work.remove-what", { what: change.text })}
              onClick={() => edit(change.undo)}
            />
          </li>
        ))}
      </ul>
    </Section>
  );
}

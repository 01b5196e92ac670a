/** The policies of the scenario and of its base. */

import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { draft, study } from "../../state";
import { Button, Disclosure, IconButton } from "../../ui";
import { ruleText } from "./describe";
import { withNewRule, withoutRule, withRule } from "./edit";
import { Problems } from "./Problems";
import { problemsAt } from "./problems";
import { RuleDialog } from "./RuleDialog";
import { base, edit, problems } from "./state";

const NONE = null;
const NEW = -1;

export function PoliciesSection() {
  const [open, setOpen] = useState<number | null>(NONE);
  const world = study.value;
  if (!world) return null;
  const rules = draft.value.rule ?? [];
  const fixed = base.value.rules;
  const faults = problemsAt(problems.value, "rule");
  return (
    <Disclosure
      title={t("work.policies", { count: rules.length + fixed.length })}
      open={faults.length > 0}
    >
      <Problems problems={faults} />
      <ul class="work-list">
        {fixed.map((rule) => (
          <li key={JSON.stringify(rule)} class="work-item">
            <div>
              <p>{ruleText(rule, world)}</p>
              <p class="ui-hint">{t("work.by-base")}</p>
            </div>
          </li>
        ))}
        {rules.map((rule, number) => (
          <li key={`${number} ${rule.name}`} class="work-item">
            <div>
              <p>{ruleText(rule, world)}</p>
              {rule.reason && <p class="ui-hint">{rule.reason}</p>}
            </div>
            <span class="work-item-actions">
              <IconButton
                icon="edit"
                label={t("work.edit-what", { what: ruleText(rule, world) })}
                onClick={() => setOpen(number)}
              />
              <IconButton
                icon="trash"
                label={t("work.remove-what", { what: ruleText(rule, world) })}
                onClick={() => edit((content) => withoutRule(content, number))}
              />
            </span>
          </li>
        ))}
      </ul>
      <Button icon="add" onClick={() => setOpen(NEW)}>
        {t("work.rule.add")}
      </Button>
      {open !== NONE && (
        <RuleDialog
          rule={rules[open] ?? {}}
          onClose={() => setOpen(NONE)}
          onSave={(rule) => {
            edit((content) =>
              open === NEW ? withNewRule(content, rule) : withRule(content, open, rule),
            );
            setOpen(NONE);
          }}
        />
      )}
    </Disclosure>
  );
}

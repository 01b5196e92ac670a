/** Several of something: what is chosen as chips, and a field that proposes more. */

import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Combobox, Icon, type Proposal } from "../../ui";
import { matching } from "./proposals";

export interface ChipsFieldProps {
  label: string;
  hint?: string;
  placeholder?: string;
  options: readonly Proposal[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  /** Whether what is typed may be chosen although it is not proposed. */
  freeText?: boolean;
}

export function ChipsField(props: ChipsFieldProps) {
  const { label, hint, placeholder, options, chosen, onChange, freeText } = props;
  const [typed, setTyped] = useState("");
  const nameOf = (key: string): string => options.find((one) => one.key === key)?.label ?? key;
  const open = options.filter((option) => !chosen.includes(option.key));
  const found = matching(open, typed);
  const own = typed.trim();
  const isNew = freeText && own !== "" && !options.some((one) => one.key === own);
  const proposals = isNew ? [...found, { key: own, label: own }] : found;

  function add({ key }: Proposal) {
    setTyped("");
    if (!chosen.includes(key)) onChange([...chosen, key]);
  }

  return (
    <div class="work-chips-field">
      <Combobox
        label={label}
        hint={hint}
        placeholder={placeholder}
        value={typed}
        onInput={setTyped}
        proposals={proposals}
        onChoose={add}
        none={t("work.nothing-found")}
      />
      {chosen.length > 0 && (
        <ul class="work-chips" aria-label={label}>
          {chosen.map((key) => (
            <li key={key}>
              <button
                type="button"
                class="work-chip"
                aria-label={t("work.remove-what", { what: nameOf(key) })}
                onClick={() => onChange(chosen.filter((one) => one !== key))}
              >
                {nameOf(key)}
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

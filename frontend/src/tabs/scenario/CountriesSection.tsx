/** Countries that goods keep out of: a button for each country of the study. */

import { countryName, t } from "../../i18n";
import { draft, study } from "../../state";
import { Disclosure, TextField } from "../../ui";
import { avoidedCountries, avoidingRule, withAvoided, withRule } from "./edit";
import { countriesOf } from "./names";
import { base, edit } from "./state";

function Dates() {
  const number = avoidingRule(draft.value);
  const rule = draft.value.rule?.[number];
  if (!rule) return null;
  const set = (key: "from" | "until") => (value: string) =>
    edit((content) => withRule(content, number, { ...rule, [key]: value }));
  return (
    <div class="work-pair">
      <TextField type="date" label={t("work.from")} value={rule.from ?? ""} onInput={set("from")} />
      <TextField
        type="date"
        label={t("work.until")}
        value={rule.until ?? ""}
        onInput={set("until")}
      />
    </div>
  );
}

export function CountriesSection() {
  const world = study.value;
  if (!world) return null;
  const closed = avoidedCountries(draft.value.rule);
  const inBase = avoidedCountries(base.value.rules);
  const count = new Set([...closed, ...inBase]).size;
  return (
    <Disclosure title={t("work.countries", { count })} open>
      <p class="ui-hint">{t("work.countries.hint")}</p>
      <fieldset class="work-countries">
        <legend class="ui-hidden">{t("work.countries.legend")}</legend>
        {countriesOf(world).map((code) => {
          const isFixed = inBase.has(code);
          return (
            <button
              key={code}
              type="button"
              class="work-country"
              aria-pressed={isFixed || closed.has(code)}
              disabled={isFixed}
              title={isFixed ? t("work.by-base") : undefined}
              onClick={() => edit((content) => withAvoided(content, code, !closed.has(code)))}
            >
              {countryName(code)}
            </button>
          );
        })}
      </fieldset>
      <Dates />
    </Disclosure>
  );
}

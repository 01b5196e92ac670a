/** What the scenario builds on, its year and what it is called. */

import type { ScenarioContent } from "../../contract";
import { t } from "../../i18n";
import { draft, study } from "../../state";
import { Disclosure, Section, Select, TextField } from "../../ui";
import { titleOf } from "./describe";
import { scenarioName, tidy, withYear } from "./edit";
import { Problems } from "./Problems";
import { problemsAt } from "./problems";
import { base, baseYear, draftYear, edit, problems, scenarios } from "./state";

function changeYear(year: number | undefined) {
  const [before, inBase] = [draftYear.value, baseYear.value];
  const after = year ?? inBase;
  edit((content) =>
    before && after ? withYear(content, year, before, after) : tidy({ ...content, year }),
  );
}

const withText = (key: "name" | "title", value: string) => (content: ScenarioContent) =>
  tidy({ ...content, [key]: value });

/** The server takes names that are good for files. */
const asName = (text: string): string =>
  text.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+/, "");

function BaseSelect() {
  const { extends: name } = draft.value;
  const known = scenarios.value.map((one) => ({ value: one.name, label: one.title || one.name }));
  const isKnown = !name || known.some((one) => one.value === name);
  return (
    <Select
      label={t("work.base")}
      hint={t("work.base.hint")}
      value={name ?? ""}
      options={[
        { value: "", label: t("work.base.none") },
        ...known,
        ...(isKnown ? [] : [{ value: name, label: name }]),
      ]}
      onChange={(value) => edit((content) => tidy({ ...content, extends: value }))}
    />
  );
}

function Description() {
  const { description } = base.value;
  if (!description.trim()) return null;
  return (
    <Disclosure title={t("work.base.about")}>
      <p class="ui-hint" lang="en">
        {description.trim()}
      </p>
    </Disclosure>
  );
}

function YearSelect() {
  const years = study.value?.page.years ?? [];
  const { year } = draft.value;
  const own = year && !years.includes(year) ? [...years, year].sort() : years;
  return (
    <Select
      label={t("work.year")}
      value={year ? String(year) : ""}
      options={[
        {
          value: "",
          label: t("work.year.base", { year: baseYear.value ? String(baseYear.value) : "–" }),
        },
        ...own.map((one) => ({ value: String(one), label: String(one) })),
      ]}
      onChange={(value) => changeYear(value ? Number(value) : undefined)}
    />
  );
}

export function BaseSection() {
  const { name, title } = draft.value;
  return (
    <Section title={t("work.scenario")}>
      <BaseSelect />
      <Description />
      <Problems problems={problemsAt(problems.value, "extends")} />
      <YearSelect />
      <Problems problems={problemsAt(problems.value, "year")} />
      <div class="work-pair">
        <TextField
          label={t("work.name")}
          value={name ?? ""}
          placeholder={scenarioName(tidy({ ...draft.value, name: "" }))}
          onInput={(value) => edit(withText("name", asName(value)))}
        />
        <TextField
          label={t("work.title")}
          value={title ?? ""}
          placeholder={study.value ? titleOf({ ...draft.value, title: "" }, study.value) : ""}
          onInput={(value) => edit(withText("title", value))}
        />
      </div>
    </Section>
  );
}

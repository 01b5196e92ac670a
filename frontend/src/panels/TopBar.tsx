/** The bar: name, study, tabs, search, language and theme. */

import { useState } from "preact/hooks";
import { problemsOf } from "../data/api";
import { openStudy } from "../data/load";
import { t } from "../i18n";
import { locale, mode, pageState, problems, studies, study, theme } from "../state";
import { problemText } from "../tabs/scenario/Problems";
import { Button, Dialog, IconButton, Notice, Select } from "../ui";
import { chooseLocale, chooseTheme } from "../ui/preferences";
import { SearchBox } from "./SearchBox";
import { ShareButton } from "./ShareButton";
import { TabBar } from "./TabBar";

export function TopBar() {
  const ready = pageState.value === "ready";
  return (
    <header class="shell-bar">
      <div class="shell-name">
        <h1>Sogdia</h1>
        <StudyName />
      </div>
      {ready && <TabBar />}
      {ready && <SearchBox />}
      <div class="shell-buttons">
        {ready && mode.value === "server" && <ShareButton />}
        <LocaleButton />
        <ThemeButton />
      </div>
    </header>
  );
}

function StudyName() {
  const page = study.value?.page;
  const known = studies.value;
  const broken = known.filter((info) => info.problems.length > 0);
  if (!page) return null;
  if (known.length < 2) return <p class="shell-study">{page.study}</p>;
  return (
    <div class="shell-studies">
      <Select
        label={t("shell.study")}
        hideLabel
        value={page.study}
        options={known.map((info) => ({
          value: info.study,
          label: info.problems.length ? t("shell.study.broken", { study: info.study }) : info.study,
          disabled: info.problems.length > 0,
        }))}
        onChange={switchStudy}
      />
      {broken.length > 0 && <BrokenStudies />}
    </div>
  );
}

async function switchStudy(name: string): Promise<void> {
  problems.value = [];
  try {
    await openStudy(name);
  } catch (error) {
    problems.value = problemsOf(error);
  }
}

/** The studies that cannot be used, and why. */
function BrokenStudies() {
  const [open, setOpen] = useState(false);
  const broken = studies.value.filter((info) => info.problems.length > 0);
  const label = t("shell.study.broken_list", { count: broken.length });
  return (
    <>
      <Button look="quiet" class="shell-broken" title={label} onClick={() => setOpen(true)}>
        <span aria-hidden="true">▲ {broken.length}</span>
        <span class="ui-hidden">{label}</span>
      </Button>
      <Dialog title={label} open={open} onClose={() => setOpen(false)}>
        <p>{t("shell.study.broken_hint")}</p>
        {broken.map((info) => (
          <Notice key={info.study} tone="warn" title={info.title || info.study}>
            <ul>
              {info.problems.map((problem) => (
                <li key={problemText(problem)}>{problemText(problem)}</li>
              ))}
            </ul>
          </Notice>
        ))}
      </Dialog>
    </>
  );
}

function LocaleButton() {
  const other = locale.value === "en" ? "fr" : "en";
  return (
    <Button
      look="quiet"
      lang={other}
      title={t(`shell.locale.${other}`)}
      aria-label={`${other.toUpperCase()}, ${t(`shell.locale.${other}`)}`}
      onClick={() => chooseLocale(other)}
    >
      {other.toUpperCase()}
    </Button>
  );
}

function ThemeButton() {
  const other = theme.value === "light" ? "dark" : "light";
  return (
    <IconButton
      icon={other === "dark" ? "moon" : "sun"}
      label={t(`shell.theme.${other}`)}
      onClick={() => chooseTheme(other)}
    />
  );
}

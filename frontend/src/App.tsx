/** The page: the bar, the panel of the open tab, the map, and the panel of what is selected. */

import { useState } from "preact/hooks";
import { t } from "./i18n";
import { Legend } from "./map/Legend";
import { MapView } from "./map/MapView";
import { ElementPanel } from "./panels/ElementPanel";
import { RunLine } from "./panels/RunLine";
import { TopBar } from "./panels/TopBar";
import { openTab } from "./panels/tabs";
import { mode, pageState, problems, selected, study, version } from "./state";
import { problemText } from "./tabs/scenario/Problems";
import { Button, IconButton, Notice } from "./ui";
import "./panels/shell.css";

export function App() {
  return (
    <div class="shell">
      <SkipLink />
      <TopBar />
      {pageState.value === "ready" ? <Ready /> : <NotReady />}
    </div>
  );
}

function SkipLink() {
  return (
    <button
      type="button"
      class="shell-skip"
      onClick={() => document.getElementById("shell-panel")?.focus()}
    >
      {t("shell.skip")}
    </button>
  );
}

function NotReady() {
  if (pageState.value === "starting") {
    return (
      <main class="shell-message">
        <p role="status">{t("shell.starting")}</p>
      </main>
    );
  }
  return (
    <main class="shell-message">
      <Notice
        tone="bad"
        title={t("shell.failed")}
        action={<Button onClick={() => location.reload()}>{t("shell.again")}</Button>}
      >
        <Problems />
        <p>{t(mode.value === "server" ? "shell.failed.server" : "shell.failed.report")}</p>
      </Notice>
    </main>
  );
}

function Problems() {
  return (
    <ul lang="en">
      {problems.value.map((problem) => (
        <li key={problemText(problem)}>{problemText(problem)}</li>
      ))}
    </ul>
  );
}

function Ready() {
  const [folded, setFolded] = useState(false);
  const open = openTab.value;
  const Panel = open?.Panel;
  return (
    <main class={`shell-body${folded ? " shell-folded" : ""}`}>
      <div class="shell-side">
        <IconButton
          class="shell-fold"
          icon={folded ? "right" : "left"}
          label={t(folded ? "shell.unfold" : "shell.fold")}
          aria-expanded={!folded}
          aria-controls="shell-panel"
          onClick={() => setFolded(!folded)}
        />
        <div
          id="shell-panel"
          class="shell-panel"
          role="tabpanel"
          aria-labelledby={open ? `shell-tab-${open.id}` : undefined}
          tabIndex={-1}
          hidden={folded}
        >
          <RunLine />
          {problems.value.length > 0 && <OpeningProblems />}
          {Panel && <Panel />}
          <Imprint />
        </div>
      </div>
      <div class="shell-map">
        <MapView />
        <div class="shell-legend">
          <Legend />
        </div>
      </div>
      {selected.value && (
        <aside class="shell-element" aria-label={t("shell.element")}>
          <ElementPanel />
        </aside>
      )}
    </main>
  );
}

/** What could not be opened; the page goes on with what it has. */
function OpeningProblems() {
  return (
    <Notice
      tone="warn"
      title={t("shell.not_opened")}
      action={
        <Button
          onClick={() => {
            problems.value = [];
          }}
        >
          {t("shell.dismiss")}
        </Button>
      }
    >
      <Problems />
    </Notice>
  );
}

function Imprint() {
  const page = study.value?.page;
  if (!page) return null;
  return (
    <footer class="shell-imprint">
      <p lang="en">{page.title}</p>
      {page.attribution && <p lang="en">{page.attribution}</p>}
      {page.licence && <p lang="en">{page.licence}</p>}
      <p>{t("shell.version", { version: version.value })}</p>
    </footer>
  );
}

/** Runs of the server: the queue, and what was run before. */

import "./work.css";
import { useEffect } from "preact/hooks";
import { isFinal } from "../data/api";
import { t } from "../i18n";
import { mode, runs, study } from "../state";
import { Section } from "../ui";
import type { TabDefinition } from "./definition";
import { Differences } from "./runs/Differences";
import { followRuns, refreshRuns, runProblems } from "./runs/jobs";
import { RunEntry } from "./runs/RunEntry";
import { RunProgress } from "./runs/RunProgress";
import { Problems } from "./scenario/Problems";

// Runs are followed on every tab: one that ends opens on the map.
followRuns();

function Queue() {
  const going = runs.value.filter((info) => !isFinal(info.state));
  const inOrder = going.sort((a, b) => (a.position ?? -1) - (b.position ?? -1));
  return (
    <Section title={t("work.queue")}>
      {inOrder.length === 0 && <p class="ui-hint">{t("work.queue.empty")}</p>}
      <ul class="work-list">
        {inOrder.map((info) => (
          <li key={info.run_id}>
            <RunProgress info={info} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function History() {
  const past = runs.value.filter((info) => isFinal(info.state));
  return (
    <Section title={t("work.history")}>
      {past.length === 0 && <p class="ui-hint">{t("work.history.empty")}</p>}
      <ul class="work-runs">
        {past.map((info) => (
          <RunEntry key={info.run_id} info={info} />
        ))}
      </ul>
    </Section>
  );
}

function RunsPanel() {
  useEffect(() => {
    void refreshRuns();
  }, []);
  return (
    <div class="work-panel">
      <Problems problems={runProblems.value} title={t("work.refused")} />
      <Queue />
      <Differences />
      <History />
    </div>
  );
}

export const tab: TabDefinition = {
  id: "runs",
  title: "work.tab.runs",
  order: 3,
  available: () => mode.value === "server" && study.value !== null,
  Panel: RunsPanel,
};

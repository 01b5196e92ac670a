/** The scenario panel: what is asked of the study, and a run of it. */

import "./work.css";
import { useEffect } from "preact/hooks";
import { mode, study } from "../state";
import type { TabDefinition } from "./definition";
import { BaseSection } from "./scenario/BaseSection";
import { ChangesSection } from "./scenario/ChangesSection";
import { CountriesSection } from "./scenario/CountriesSection";
import { EventsSection } from "./scenario/EventsSection";
import { FileSection } from "./scenario/FileSection";
import { PoliciesSection } from "./scenario/PoliciesSection";
import { ProjectsSection } from "./scenario/ProjectsSection";
import { RunBar, RunSection } from "./scenario/RunSection";
import { refreshLimits } from "./scenario/running";
import { keepDraft, refreshScenarios } from "./scenario/state";
import { WaterSection } from "./scenario/WaterSection";

// The draft lives as long as the page: the map and the panel of an element read it too.
keepDraft();

function ScenarioPanel() {
  useEffect(() => {
    void refreshScenarios();
    void refreshLimits();
  }, []);
  return (
    <div class="work-panel">
      <BaseSection />
      <div class="work-controls">
        <CountriesSection />
        <WaterSection />
        <PoliciesSection />
        <EventsSection />
        <ProjectsSection />
      </div>
      <ChangesSection />
      <RunSection />
      <FileSection />
      <RunBar />
    </div>
  );
}

export const tab: TabDefinition = {
  id: "scenario",
  title: "work.tab.scenario",
  order: 2,
  available: () => mode.value === "server" && study.value !== null,
  Panel: ScenarioPanel,
};

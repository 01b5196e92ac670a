/** What the map shows, and what the run comes to: corridors, bottlenecks, what was not carried. */

import { run, study } from "../state";
import "../panels/panels.css";
import type { TabDefinition } from "./definition";
import { BottleneckSection } from "./map/BottleneckSection";
import { CorridorSection } from "./map/CorridorSection";
import { DelaySection } from "./map/DelaySection";
import { Filters } from "./map/Filters";
import { NoRun, RunSection } from "./map/RunSection";
import { UnservedSection } from "./map/UnservedSection";

function MapPanel() {
  const open = study.value;
  const shown = run.value;
  if (!open) return null;
  return (
    <div class="panel-tab">
      {shown ? <RunSection run={shown} /> : <NoRun />}
      <Filters study={open} />
      {shown && (
        <>
          <CorridorSection study={open} run={shown} />
          <BottleneckSection study={open} run={shown} />
          {shown.has("unserved") && <UnservedSection study={open} run={shown} />}
          {shown.page.simulated && <DelaySection study={open} run={shown} />}
        </>
      )}
    </div>
  );
}

export const tab: TabDefinition = {
  id: "map",
  title: "shell.tab.map",
  order: 1,
  available: () => study.value !== null,
  Panel: MapPanel,
};

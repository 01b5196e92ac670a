/** The route planner: from door to door, the ways that no other way beats. */

import "./work.css";
import { answer, mode, study } from "../state";
import type { TabDefinition } from "./definition";
import { refusal } from "./route/planning";
import { Refused } from "./route/Refused";
import { RouteForm } from "./route/RouteForm";
import { Ways } from "./route/Ways";
import { WhyNot } from "./route/WhyNot";

function RoutePanel() {
  const shown = answer.value;
  return (
    <div class="work-panel">
      {mode.value === "server" && <RouteForm />}
      {refusal.value && <Refused refusal={refusal.value} />}
      {shown && <Ways answer={shown} />}
      {shown && <WhyNot shown={shown} />}
    </div>
  );
}

export const tab: TabDefinition = {
  id: "route",
  title: "work.tab.route",
  order: 5,
  available: () =>
    mode.value === "server" ? study.value !== null : (answer.value?.itineraries.length ?? 0) > 0,
  Panel: RoutePanel,
};

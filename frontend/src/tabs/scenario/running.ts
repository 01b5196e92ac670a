/** How the draft is run, and what it is compared with. */

import { computed, signal } from "@preact/signals";
import type { About, RunInfo, RunRequest, ScenarioContent } from "../../contract";
import { getAbout, problemsOf } from "../../data/api";
import { draft, runs, study } from "../../state";
import { compareWhenDone, openWhenDone, startRun } from "../runs/jobs";
import { titleOf } from "./describe";
import { scenarioName, tidy } from "./edit";
import { draftYear, problems } from "./state";

/** Compare with no run, or with one of the base that is started first. */
export const NONE = "none";
export const NEW = "new";

export const isSimulated = signal(false);
export const replications = signal(5);
export const days = signal(365);
export const seed = signal(0);
/** What the reader wants to compare with; null: what suits best. */
export const chosenBaseline = signal<string | null>(null);
export const isStarting = signal(false);

/** What the server allows; until it has said so, what every server does. */
export const limits = signal<About["limits"]>({
  queued: 1,
  replications: 50,
  days: 1100,
  upload_mib: 50,
});

export async function refreshLimits(): Promise<void> {
  try {
    limits.value = (await getAbout()).limits;
  } catch (error) {
    problems.value = problemsOf(error);
  }
}

/** Return the newest run of a scenario that is done and was made in the same way. */
export function runOf(
  list: readonly RunInfo[],
  wanted: { study: string; scenario: string; year: number | null; simulated: boolean },
): RunInfo | null {
  return (
    list.find(
      (info) =>
        info.state === "done" &&
        info.study === wanted.study &&
        info.scenario === wanted.scenario &&
        info.year === wanted.year &&
        info.simulated === wanted.simulated,
    ) ?? null
  );
}

/** Runs that the draft can be compared with. */
export const comparable = computed(() =>
  runs.value.filter((info) => info.state === "done" && info.study === study.value?.page.study),
);

/** The choice that holds: the reader's, else a run of the base, else a new one. */
export const comparedWith = computed(() => {
  const chosen = chosenBaseline.value;
  const isThere = comparable.value.some((info) => info.run_id === chosen);
  if (chosen === NONE || chosen === NEW || (chosen && isThere)) return chosen;
  const scenario = draft.value.extends;
  const page = study.value?.page;
  if (!scenario || !page) return NONE;
  const made = { year: draftYear.value, simulated: isSimulated.value };
  return runOf(runs.value, { study: page.study, scenario, ...made })?.run_id ?? NEW;
});

/** Return the draft as it is sent to the server. */
export function contentToSend(content: ScenarioContent): ScenarioContent {
  const title = study.value ? titleOf(content, study.value) : content.title;
  return tidy({ ...content, name: scenarioName(content), title });
}

function request(scenario: ScenarioContent | string): RunRequest {
  return {
    study: study.value?.page.study ?? "",
    scenario,
    ...(typeof scenario === "string" && { year: draftYear.value }),
    simulate: isSimulated.value
      ? { replications: replications.value, days: days.value, seed: seed.value }
      : null,
  };
}

/** Start a run of the draft, and after it one of its base if it is to be compared with that. */
export async function runDraft(): Promise<void> {
  const compared = comparedWith.value;
  const base = draft.value.extends;
  isStarting.value = true;
  problems.value = [];
  try {
    const { run_id } = await startRun(request(contentToSend(draft.value)));
    openWhenDone(run_id, compared === NONE || compared === NEW ? null : compared);
    if (compared === NEW && base) {
      const { run_id: other } = await startRun(request(base));
      compareWhenDone(other, run_id);
    }
  } catch (error) {
    problems.value = problemsOf(error);
  } finally {
    isStarting.value = false;
  }
}

/** The scenario under work: its base, what is wrong with it, and how it is run. */

import { computed, effect, signal } from "@preact/signals";
import type { Problem, ScenarioContent, ScenarioInfo } from "../../contract";
import { getScenario, getScenarios, problemsOf } from "../../data/api";
import { draft, mode, study } from "../../state";
import { type Base, NO_BASE, readBase } from "./base";
import { startFrom } from "./edit";

export const scenarios = signal<ScenarioInfo[]>([]);
/** What the draft extends, with all that this extends in turn. */
export const base = signal<Base>(NO_BASE);
/** What the server said of the draft when it was last asked. */
export const problems = signal<Problem[]>([]);

/** The year that the base has, or the study, and the one of the draft. */
export const baseYear = computed(() => base.value.year ?? study.value?.page.base_year ?? null);
export const draftYear = computed(() => draft.value.year ?? baseYear.value);

/** Change the draft; what was wrong with it before may be no longer. */
export function edit(change: (content: ScenarioContent) => ScenarioContent): void {
  draft.value = change(draft.peek());
  problems.value = [];
}

/** Begin again with nothing changed. */
export function resetDraft(): void {
  edit((content) => startFrom(content.extends ?? study.peek()?.page.default_scenario ?? null));
}

/** Read the list of scenarios again. */
export async function refreshScenarios(): Promise<void> {
  try {
    scenarios.value = await getScenarios();
  } catch (error) {
    problems.value = problemsOf(error);
  }
}

async function loadBase(name: string | undefined): Promise<void> {
  if (!name) {
    base.value = NO_BASE;
    return;
  }
  try {
    const found = await readBase(name, async (one) => (await getScenario(one)).content);
    if (draft.peek().extends === name) base.value = found;
  } catch (error) {
    if (draft.peek().extends !== name) return;
    base.value = { ...NO_BASE, name };
    problems.value = problemsOf(error);
  }
}

/** Keep the base in step with the draft, and begin a new draft for each study. */
export function keepDraft(): () => void {
  let draftOf: string | null = null;
  let loaded: string | undefined | null = null;
  return effect(() => {
    const page = study.value?.page;
    if (mode.value !== "server" || !page) return;
    if (draftOf !== page.study) {
      const isFirst = draftOf === null && Object.keys(draft.peek()).length > 0;
      draftOf = page.study;
      if (!isFirst) draft.value = startFrom(page.default_scenario);
    }
    const { extends: name } = draft.value;
    if (name === loaded) return;
    loaded = name;
    void loadBase(name);
  });
}

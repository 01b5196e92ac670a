/** In which scenario, and in which year, a question is asked. */

import type { ScenarioContent } from "../../contract";
import type { Context, World } from "../route/form";

/** What forms of questions have in common. */
export interface WorldForm {
  world: World;
  /** Empty: the scenario's. */
  year: string;
}

export const FIRST_YEAR = 1900;
export const LAST_YEAR = 2200;

export function isWithin(text: string, least: number, most: number): boolean {
  const value = Number(text);
  return text.trim() !== "" && value >= least && value <= most;
}

/** Whether a year can be sent; without one it is the scenario's. */
export function isYear(text: string): boolean {
  return text === "" || (Number.isInteger(Number(text)) && isWithin(text, FIRST_YEAR, LAST_YEAR));
}

/** The world that holds: without a run there is none of a run. */
export function worldOf(asked: Pick<WorldForm, "world">, context: Pick<Context, "run">): World {
  return asked.world === "run" && !context.run ? "draft" : asked.world;
}

/** Return the scenario that is asked for; null: the study's own. */
export function scenarioOf(
  asked: Pick<WorldForm, "world">,
  context: Context,
): ScenarioContent | null {
  const world = worldOf(asked, context);
  return { run: context.run?.content ?? null, draft: context.draft, study: null }[world];
}

/** Return the year that is asked for: of the run in its world; null: the scenario's. */
export function yearOf(asked: WorldForm, context: Context): number | null {
  if (asked.year) return Number(asked.year);
  return worldOf(asked, context) === "run" ? (context.run?.year ?? null) : null;
}

/** Which part of a scenario a problem is about, as far as its words tell. */

import type { Problem } from "../../contract";

export type ScenarioPart =
  | "extends"
  | "year"
  | "rule"
  | "water_level"
  | "event"
  | "events_of_study"
  | "projects"
  | "other";

const PARTS: Record<string, ScenarioPart> = {
  extends: "extends",
  year: "year",
  rule: "rule",
  water_level: "water_level",
  event: "event",
  include_events: "events_of_study",
  exclude_events: "events_of_study",
  projects: "projects",
};

/**
 * Return the part of the scenario that a problem is about.
 *
 * The server says where a problem is in `file` ("scenario 'x', rule 2, places"), or at the
 * head of the message ("rule 2, places: ...").
 */
export function partOf(problem: Problem): ScenarioPart {
  const places = [...(problem.file ?? "").split(", "), problem.message];
  for (const place of places) {
    const word = /^([a-z_]+)\b/.exec(place)?.[1];
    // A message that begins with such a word in a sentence is not a place.
    const isPlace = word !== undefined && new RegExp(`^${word}( \\d+)?([,:]|$)`).test(place);
    const found = isPlace ? PARTS[word] : undefined;
    if (found) return found;
  }
  return "other";
}

/** Return the problems of one part. */
export function problemsAt(problems: readonly Problem[], part: ScenarioPart): Problem[] {
  return problems.filter((problem) => partOf(problem) === part);
}

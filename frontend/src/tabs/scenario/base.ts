/** The scenario that the draft builds on, with all that it extends, joined as the server does. */

import type { EventContent, RuleContent, ScenarioContent } from "../../contract";

/** What a scenario comes to once those that it extends are part of it. */
export interface Base {
  name: string;
  title: string;
  description: string;
  year: number | null;
  rules: RuleContent[];
  events: EventContent[];
  include_events: string[];
  exclude_events: string[];
  projects: string[];
  water_level: Record<string, number>;
}

export const NO_BASE: Base = {
  name: "",
  title: "",
  description: "",
  year: null,
  rules: [],
  events: [],
  include_events: [],
  exclude_events: [],
  projects: [],
  water_level: {},
};

const without = (names: string[], others: string[] = []): string[] =>
  names.filter((name) => !others.includes(name));
const joined = (names: string[], more: string[] = []): string[] => [
  ...new Set([...names, ...more]),
];

/** Join a scenario to what it extends; what it says of an event or a level replaces the other. */
export function extended(base: Base, content: ScenarioContent): Base {
  return {
    name: content.name ?? base.name,
    title: content.title ?? "",
    description: content.description ?? "",
    year: content.year ?? base.year,
    rules: [...base.rules, ...(content.rule ?? [])],
    events: [...base.events, ...(content.event ?? [])],
    include_events: joined(
      without(base.include_events, content.exclude_events),
      content.include_events,
    ),
    exclude_events: joined(
      without(base.exclude_events, content.include_events),
      content.exclude_events,
    ),
    projects: joined(base.projects, content.projects),
    water_level: { ...base.water_level, ...content.water_level },
  };
}

/** Read a scenario and all that it extends, and join them. */
export async function readBase(
  name: string,
  read: (name: string) => Promise<ScenarioContent>,
): Promise<Base> {
  const chain: ScenarioContent[] = [];
  const seen = new Set<string>();
  for (let next: string | undefined = name; next && !seen.has(next); ) {
    seen.add(next);
    const content: ScenarioContent = { name: next, ...(await read(next)) };
    chain.unshift(content);
    next = content.extends;
  }
  return chain.reduce(extended, NO_BASE);
}

/** Editing a scenario: every function returns a new one, in which nothing empty is left. */

import type { ElementKind, EventContent, RuleContent, ScenarioContent } from "../../contract";
import type { Base } from "./base";

export type Effect = EventContent["effect"];

export interface Element {
  kind: ElementKind;
  id: string;
}

export interface Dates {
  from: string | undefined;
  until: string | undefined;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === "object" && Object.keys(value as object).length === 0);

/** Leave out the keys whose value is empty, so that a scenario only says what it changes. */
export function tidy<T extends object>(content: T): T {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => !isEmpty(value))) as T;
}

/** Return a scenario that changes nothing of another one. */
export function startFrom(base: string | null): ScenarioContent {
  return tidy({ extends: base ?? undefined });
}

/** Return the name under which a scenario is run and saved. */
export function scenarioName(content: ScenarioContent): string {
  return content.name || (content.extends ? `${content.extends}-changed` : "changed");
}

/** Return the first and the last day of a year. */
export function wholeYear(year: number): { from: string; until: string } {
  return { from: `${year}-01-01`, until: `${year}-12-31` };
}

/** Set the year; changes of elements that last the whole of the year before move with it. */
export function withYear(
  content: ScenarioContent,
  year: number | undefined,
  before: number,
  after: number,
): ScenarioContent {
  const old = wholeYear(before);
  const now = wholeYear(after);
  const event = content.event?.map((one) =>
    isPageEvent(one) && one.from_date === old.from && one.until_date === old.until
      ? { ...one, from_date: now.from, until_date: now.until }
      : one,
  );
  return tidy({ ...content, year, event });
}

// ---- Policies ----

/** Tell whether a rule closes countries to all goods, and says nothing else. */
function isPlain(rule: RuleContent): boolean {
  return (
    (rule.countries?.length ?? 0) > 0 &&
    !rule.places?.length &&
    !rule.commodities?.length &&
    !rule.hs?.length
  );
}

/** Return the countries that the rules close to all goods in transit. */
export function avoidedCountries(rules: readonly RuleContent[] = []): Set<string> {
  const closed = rules.filter(
    (rule) => isPlain(rule) && (rule.applies_to ?? ["transit"]).includes("transit"),
  );
  return new Set(closed.flatMap((rule) => rule.countries ?? []));
}

const AVOIDING = "avoided countries";

/** Return the number of the rule that the toggles of countries write to, or -1. */
export function avoidingRule(content: ScenarioContent): number {
  return content.rule?.findIndex((rule) => isPlain(rule) && rule.name === AVOIDING) ?? -1;
}

/** Close a country to all goods in transit, or open it again. */
export function withAvoided(
  content: ScenarioContent,
  country: string,
  isAvoided: boolean,
): ScenarioContent {
  if (!isAvoided) return withoutCountry(content, country);
  const number = avoidingRule(content);
  const rule = content.rule?.[number];
  if (!rule) {
    return withNewRule(content, { name: AVOIDING, countries: [country], applies_to: ["transit"] });
  }
  const countries = [...new Set([...(rule.countries ?? []), country])].sort();
  return withRule(content, number, { ...rule, countries });
}

function withoutCountry(content: ScenarioContent, country: string): ScenarioContent {
  const rule = content.rule
    ?.map((one) =>
      isPlain(one) ? { ...one, countries: one.countries?.filter((code) => code !== country) } : one,
    )
    .filter((one) => one.countries?.length || one.places?.length);
  return tidy({ ...content, rule });
}

export function withNewRule(content: ScenarioContent, rule: RuleContent): ScenarioContent {
  return { ...content, rule: [...(content.rule ?? []), tidy(rule)] };
}

export function withRule(
  content: ScenarioContent,
  number: number,
  rule: RuleContent,
): ScenarioContent {
  return { ...content, rule: content.rule?.map((one, i) => (i === number ? tidy(rule) : one)) };
}

export function withoutRule(content: ScenarioContent, number: number): ScenarioContent {
  return tidy({ ...content, rule: content.rule?.filter((_, i) => i !== number) });
}

// ---- Waters, events and projects of the study ----

/** Set a water level, m; that of the base is no change. */
export function withWaterLevel(
  content: ScenarioContent,
  water: string,
  level_m: number,
  base_m: number,
): ScenarioContent {
  const { [water]: _, ...others } = content.water_level ?? {};
  const water_level = level_m === base_m ? others : { ...others, [water]: level_m };
  return tidy({ ...content, water_level });
}

/** Tell whether an event of the study happens under the base. */
export function happensInBase(base: Base, event_id: string, happened: boolean): boolean {
  if (base.include_events.includes(event_id)) return true;
  return base.exclude_events.includes(event_id) ? false : happened;
}

/** Tell whether an event of the study happens under the draft. */
export function happens(content: ScenarioContent, event_id: string, inBase: boolean): boolean {
  if (content.include_events?.includes(event_id)) return true;
  return content.exclude_events?.includes(event_id) ? false : inBase;
}

/** Let an event of the study happen or not. */
export function withEvent(
  content: ScenarioContent,
  event_id: string,
  isHappening: boolean,
  inBase: boolean,
): ScenarioContent {
  const others = (names: string[] = []): string[] => names.filter((name) => name !== event_id);
  const isChange = isHappening !== inBase;
  const include_events = others(content.include_events);
  const exclude_events = others(content.exclude_events);
  if (isChange) (isHappening ? include_events : exclude_events).push(event_id);
  return tidy({ ...content, include_events, exclude_events });
}

/** Build a project with those that it requires, or leave it and those that require it. */
export function withProject(
  content: ScenarioContent,
  project: string,
  isBuilt: boolean,
  requires: ReadonlyMap<string, readonly string[]>,
  builtInBase: readonly string[] = [],
): ScenarioContent {
  const built = new Set(content.projects);
  if (isBuilt) {
    for (const one of requiredBy(project, requires)) if (!builtInBase.includes(one)) built.add(one);
  } else {
    for (const one of [...built]) if (requiredBy(one, requires).has(project)) built.delete(one);
  }
  return tidy({ ...content, projects: [...built] });
}

/** Return a project and all that it requires, directly or not. */
function requiredBy(
  project: string,
  requires: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const found = new Set<string>();
  const open = [project];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(requires.get(next) ?? []));
  }
  return found;
}

// ---- Changes of elements, as events of the scenario's own ----

const PAGE_EVENT = "page-";

/** Return the id of the event by which the page changes an element. */
export function elementEventId(element: Element, effect: Effect): string {
  const id = element.id.replace(/[^A-Za-z0-9_.+-]/g, "-");
  // Of a country or a node the same word may also be a link: the kind keeps them apart.
  const kind = element.kind === "country" || element.kind === "node" ? `${element.kind}-` : "";
  return `${PAGE_EVENT}${effect}-${kind}${id}`;
}

export function isPageEvent(event: EventContent): boolean {
  return event.event_id.startsWith(PAGE_EVENT);
}

/** Return the change of an element that the draft has, or null. */
export function elementEvent(
  content: ScenarioContent,
  element: Element,
  effect: Effect,
): EventContent | null {
  const id = elementEventId(element, effect);
  return content.event?.find((event) => event.event_id === id) ?? null;
}

/** Change an element: close it, or multiply its capacity, time or cost. */
export function withElementEvent(
  content: ScenarioContent,
  element: Element,
  effect: Effect,
  factor: number | null,
  dates: { from: string; until: string },
  name: string,
): ScenarioContent {
  const event_id = elementEventId(element, effect);
  const event: EventContent = {
    event_id,
    name,
    from_date: dates.from,
    ...(dates.until && { until_date: dates.until }),
    element_kind: element.kind,
    element_id: element.id,
    effect,
    ...(factor !== null && { factor }),
  };
  const others = content.event ?? [];
  const isThere = others.some((one) => one.event_id === event_id);
  return {
    ...content,
    event: isThere
      ? others.map((one) => (one.event_id === event_id ? event : one))
      : [...others, event],
  };
}

export function withoutOwnEvent(content: ScenarioContent, event_id: string): ScenarioContent {
  return tidy({ ...content, event: content.event?.filter((one) => one.event_id !== event_id) });
}

/** Give all changes of an element other dates; an empty last day means without end. */
export function withElementDates(
  content: ScenarioContent,
  element: Element,
  dates: { from: string; until: string },
): ScenarioContent {
  const event = content.event?.map((one) => {
    const isOfElement = one.element_kind === element.kind && one.element_id === element.id;
    if (!isOfElement || !isPageEvent(one)) return one;
    const { until_date: _, ...rest } = one;
    return {
      ...rest,
      from_date: dates.from,
      ...(dates.until && { until_date: dates.until }),
    };
  });
  return tidy({ ...content, event });
}

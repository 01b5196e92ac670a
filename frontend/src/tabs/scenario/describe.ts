/** What a scenario changes, a sentence for each change, and how to take it back. */

import type { EventContent, RuleContent, ScenarioContent } from "../../contract";
import type { Study } from "../../data/model";
import { commodityName, nameOf, placeName } from "../../data/names";
import { countryName, formatDate, formatNumber, t } from "../../i18n";
import { tidy, withEvent, withoutOwnEvent, withoutRule } from "./edit";
import { eventName, listed, projectName } from "./names";

export interface ScenarioChange {
  key: string;
  text: string;
  /** The scenario without this change. */
  undo: (content: ScenarioContent) => ScenarioContent;
}

/** Return the days from which and until which something holds, in words, or nothing. */
function datesText(from?: string | null, until?: string | null): string {
  if (from && until) {
    return t("work.dates.both", { from: formatDate(from), until: formatDate(until) });
  }
  if (from) return t("work.dates.from", { from: formatDate(from) });
  return until ? t("work.dates.until", { until: formatDate(until) }) : "";
}

const sentence = (text: string, dates: string): string => `${text}${dates && `, ${dates}`}.`;

/** Return a policy in words. */
export function ruleText(rule: RuleContent, study: Study): string {
  const places = rule.places?.map((id) => placeName(study, id)) ?? [];
  const where = listed([...(rule.countries?.map(countryName) ?? []), ...places]);
  const goods = [
    ...(rule.commodities?.map((id) => commodityName(study, id)) ?? []),
    ...(rule.hs?.map((code) => `HS ${code}`) ?? []),
  ];
  const applies = [...(rule.applies_to ?? ["transit"])].sort();
  const key = applies.length === 3 ? "all" : applies.join("-");
  const text = t(`work.rule.${key}`, { where });
  const what = goods.length ? t("work.rule.goods", { text, goods: listed(goods) }) : text;
  return sentence(what, datesText(rule.from, rule.until));
}

/** Return a dated change of an element in words. */
export function eventText(event: EventContent, study: Study): string {
  const what = t(`work.change.${event.effect}`, {
    element: nameOf(study, { kind: event.element_kind, id: event.element_id }),
    factor: event.factor ?? 1,
  });
  return sentence(what, datesText(event.from_date, event.until_date));
}

const without = (names: string[] | undefined, name: string): string[] =>
  names?.filter((one) => one !== name) ?? [];

function levelChanges(content: ScenarioContent, study: Study): ScenarioChange[] {
  return Object.entries(content.water_level ?? {}).map(([water, level_m]) => ({
    key: `water_level ${water}`,
    text: t("work.change.water", {
      water: study.page.water_levels[water]?.title || water,
      level: formatNumber(level_m, 2),
    }),
    undo: (now) => {
      const { [water]: _, ...water_level } = now.water_level ?? {};
      return tidy({ ...now, water_level });
    },
  }));
}

function listChanges(content: ScenarioContent, study: Study): ScenarioChange[] {
  const events = (["include_events", "exclude_events"] as const).flatMap((key) =>
    (content[key] ?? []).map((id) => ({
      key: `${key} ${id}`,
      text: t(`work.change.${key}`, { event: eventName(study, id) }),
      undo: (now: ScenarioContent) => withEvent(now, id, true, true),
    })),
  );
  const projects = (content.projects ?? []).map((id) => ({
    key: `projects ${id}`,
    text: t("work.change.project", { project: projectName(study, id) }),
    undo: (now: ScenarioContent) => tidy({ ...now, projects: without(now.projects, id) }),
  }));
  return [...events, ...projects];
}

/** Parts that the page shows no controls for; they are kept as they are. */
const OTHER_PARTS = ["change", "hazard", "season", "breakdown"] as const;

function otherChanges(content: ScenarioContent): ScenarioChange[] {
  return OTHER_PARTS.flatMap((part) => {
    const entries = content[part];
    if (!Array.isArray(entries) || entries.length === 0) return [];
    const undo = ({ [part]: _, ...rest }: ScenarioContent): ScenarioContent => rest;
    return [{ key: part, text: t(`work.change.${part}`, { count: entries.length }), undo }];
  });
}

/** Return everything that a scenario changes of the one that it extends. */
export function changesOf(content: ScenarioContent, study: Study): ScenarioChange[] {
  const year: ScenarioChange[] = content.year
    ? [
        {
          key: "year",
          text: t("work.change.year", { year: String(content.year) }),
          undo: ({ year: _, ...rest }) => rest,
        },
      ]
    : [];
  const rules = (content.rule ?? []).map((rule, number) => ({
    key: `rule ${number}`,
    text: ruleText(rule, study),
    undo: (now: ScenarioContent) => withoutRule(now, number),
  }));
  const own = (content.event ?? []).map((event) => ({
    key: `event ${event.event_id}`,
    text: eventText(event, study),
    undo: (now: ScenarioContent) => withoutOwnEvent(now, event.event_id),
  }));
  return [
    ...year,
    ...rules,
    ...levelChanges(content, study),
    ...own,
    ...listChanges(content, study),
    ...otherChanges(content),
  ];
}

const NAMED_CHANGES = 2;

/** Return a title for a scenario that has none: the first of what it changes. */
export function titleOf(content: ScenarioContent, study: Study): string {
  if (content.title) return content.title;
  const texts = changesOf(content, study).map((change) => change.text.replace(/\.$/, ""));
  const more = texts.length - NAMED_CHANGES;
  const named = texts.slice(0, NAMED_CHANGES).join("; ");
  return more > 0 ? t("work.title.more", { named, more }) : named;
}

/** The causes of closures in words. */

import type { Study } from "../../data/model";
import { nameOf } from "../../data/names";
import { t } from "../../i18n";
import type { Selection } from "../../state";

/** Patterns of the causes that the simulation names, and the texts that stand for them. */
const CAUSES: [RegExp, string][] = [
  [/^opening hours of (.+)$/, "work.cause.opening-hours"],
  [/^breakdowns of (.+)$/, "work.cause.breakdowns"],
  [/^weather on (.+)$/, "work.cause.weather"],
];
const EVENT = /^event '(.*)'$/;
const KINDS: Selection["kind"][] = ["terminal", "service", "link"];

function elementName(study: Study, id: string): string {
  const kind = KINDS.find((one) => study.find(one, `${one}_id`, id) >= 0);
  return kind ? nameOf(study, { kind, id }) : id;
}

/** Return a cause in the reader's language; one that is not known as it is. */
export function causeText(cause: string, study: Study): string {
  const event = EVENT.exec(cause)?.[1];
  if (event !== undefined) return event;
  for (const [pattern, key] of CAUSES) {
    const element = pattern.exec(cause)?.[1];
    if (element !== undefined) return t(key, { element: elementName(study, element) });
  }
  return cause || t("work.cause.unknown");
}

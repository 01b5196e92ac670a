/** Names that only scenarios and routes need, and how several are put in a row. */

import type { Study } from "../../data/model";
import { countryName } from "../../i18n";
import { locale } from "../../state";

function ownName(study: Study, table: string, id: string): string {
  const name = study.row(table, `${table}_id`, id)?.name;
  return typeof name === "string" && name ? name : id;
}

export const eventName = (study: Study, id: string): string => ownName(study, "event", id);
export const projectName = (study: Study, id: string): string => ownName(study, "project", id);

/** Return the countries in which the study has nodes, in the order of their names. */
export function countriesOf(study: Study): string[] {
  const frame = study.table("node");
  if (!frame.has("country")) return [];
  const { compare } = new Intl.Collator(locale.value);
  return [...frame.column("country").levels].sort((a, b) =>
    compare(countryName(a), countryName(b)),
  );
}

/** Join words as the reader's language does: "a, b and c". */
export function listed(words: Iterable<string>): string {
  return new Intl.ListFormat(locale.value, { type: "conjunction" }).format(words);
}

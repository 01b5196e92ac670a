/** What a text field proposes for the text typed: names that begin with it, then that contain it. */

import type { Study } from "../../data/model";
import { commodityName, corridorName } from "../../data/names";
import { countryName, t } from "../../i18n";
import type { Proposal } from "../../ui";
import { countriesOf } from "./names";

const SHOWN = 12;

/** Compare texts without regard to case and accents. */
function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}

/** Return the options that match what was typed, the best first. */
export function matching(options: readonly Proposal[], typed: string, shown = SHOWN): Proposal[] {
  const asked = plain(typed.trim());
  if (!asked) return options.slice(0, shown);
  const rank = (option: Proposal): number => {
    const label = plain(option.label);
    if (label.startsWith(asked) || plain(option.key) === asked) return 0;
    if (label.includes(asked)) return 1;
    return plain(`${option.key} ${option.detail ?? ""}`).includes(asked) ? 2 : 3;
  };
  return options
    .map((option) => ({ option, rank: rank(option) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, shown)
    .map((one) => one.option);
}

export function countryOptions(study: Study): Proposal[] {
  return countriesOf(study).map((code) => ({ key: code, label: countryName(code), detail: code }));
}

export function placeOptions(study: Study): Proposal[] {
  const frame = study.table("node");
  const [id, country] = [frame.column("node_id"), frame.column("country")];
  return Array.from({ length: frame.rows }, (_, row) => {
    const key = id.text(row) as string;
    const where = country.text(row);
    return {
      key,
      label: (frame.has("name") && frame.column("name").text(row)) || key,
      detail: where ? countryName(where) : key,
    };
  }).sort((a, b) => a.label.localeCompare(b.label));
}

function optionsOf(
  study: Study,
  table: string,
  name: (study: Study, id: string) => string,
  detail?: string,
): Proposal[] {
  const frame = study.table(table);
  const key = `${table}_id`;
  if (!frame.has(key)) return [];
  const id = frame.column(key);
  return Array.from({ length: frame.rows }, (_, row) => {
    const one = id.text(row) as string;
    return { key: one, label: name(study, one), ...(detail && { detail }) };
  });
}

export function commodityOptions(study: Study): Proposal[] {
  return optionsOf(study, "commodity", commodityName);
}

export function corridorOptions(study: Study): Proposal[] {
  return optionsOf(study, "corridor", corridorName, t("work.route.corridor"));
}

/** Return the modes of the study's links. */
export function modeOptions(study: Study): Proposal[] {
  const frame = study.table("link");
  if (!frame.has("mode")) return [];
  return [...frame.column("mode").levels].map((mode) => ({
    key: mode,
    label: t(`shell.mode.${mode}`),
    detail: t("work.route.mode"),
  }));
}

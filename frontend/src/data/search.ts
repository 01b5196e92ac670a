/** The search of the page: places, links, terminals, services and countries by name or code. */

import type { ElementKind } from "../contract";
import type { Selection } from "../state";
import type { Study } from "./model";
import { listOf, nameOf, usesOf } from "./names";

export interface Entry {
  selection: Selection;
  name: string;
  /** Name and codes, without accents and capitals. */
  words: string;
  /** Codes by which it is found first. */
  codes: readonly string[];
  uses: string | null;
}

const KINDS = ["node", "link", "terminal", "service"] as const;

/** Return a text without accents and capitals. */
export function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}

/** Return all that can be searched, in the reader's language. */
export function entriesOf(study: Study): Entry[] {
  return [...countryEntries(study), ...KINDS.flatMap((kind) => kindEntries(study, kind))];
}

function kindEntries(study: Study, kind: (typeof KINDS)[number]): Entry[] {
  const frame = study.table(kind);
  if (!frame.rows) return [];
  const ids = frame.column(`${kind}_id`);
  const unlocode = frame.has("unlocode") ? frame.column("unlocode") : null;
  return Array.from({ length: frame.rows }, (_, row) => {
    const id = ids.text(row) ?? "";
    const own = study.row(kind, `${kind}_id`, id);
    const uses = own && kind !== "node" ? usesOf(own) : null;
    return entry(study, { kind, id }, [id, unlocode?.text(row) ?? ""], uses);
  });
}

function countryEntries(study: Study): Entry[] {
  const nodes = study.table("node");
  if (!nodes.has("country")) return [];
  const codes = nodes.column("country").levels.flatMap(listOf);
  return [...new Set(codes)].map((id) => entry(study, { kind: "country", id }, [id], null));
}

function entry(
  study: Study,
  selection: Selection,
  codes: readonly string[],
  uses: string | null,
): Entry {
  const name = nameOf(study, selection);
  const known = codes.filter(Boolean).map(plain);
  return { selection, name, words: plain(`${name} ${known.join(" ")}`), codes: known, uses };
}

/** Places come before what is at them. */
const RANK_OF_KIND: Record<ElementKind, number> = {
  node: 0,
  country: 0.1,
  service: 0.2,
  link: 0.3,
  terminal: 0.4,
};

/** How well an entry fits: 0 best, null not at all. */
function rank(entry: Entry, asked: string): number | null {
  const own = RANK_OF_KIND[entry.selection.kind];
  if (entry.codes.includes(asked)) return own;
  if (entry.words.startsWith(asked)) return 1 + own;
  if (entry.words.includes(` ${asked}`)) return 2 + own;
  const parts = asked.split(/\s+/);
  return parts.every((part) => entry.words.includes(part)) ? 3 + own : null;
}

/** Return the entries that fit a text, the best first. */
export function search(entries: readonly Entry[], text: string, most: number): Entry[] {
  const asked = plain(text.trim());
  if (!asked) return [];
  return entries
    .map((one) => ({ one, rank: rank(one, asked) }))
    .filter((found): found is { one: Entry; rank: number } => found.rank !== null)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ one }) => one);
}

/** How near the map is to come to what was searched, as a multiple of the whole. */
export function scaleOf(kind: ElementKind): number {
  return kind === "country" ? 3 : 6;
}

/** What of the state stands in the address of the page, so that it can be shared by link. */

import type { ElementKind } from "../contract";
import type { Direction, Selection } from "../state";

export interface PageAddress {
  study: string | null;
  run: string | null;
  compare: string | null;
  tab: string;
  commodity: string | null;
  direction: Direction;
  corridor: string | null;
  colour: "corridor" | "utilisation";
  unit: "kt" | "kteu";
  selected: Selection | null;
}

export const PLAIN_ADDRESS: PageAddress = {
  study: null,
  run: null,
  compare: null,
  tab: "map",
  commodity: null,
  direction: "both",
  corridor: null,
  colour: "corridor",
  unit: "kt",
  selected: null,
};

const KINDS: readonly ElementKind[] = ["country", "node", "link", "terminal", "service"];

function selectionOf(text: string | null): Selection | null {
  const at = text?.indexOf(":") ?? -1;
  if (!text || at < 0) return null;
  const kind = KINDS.find((one) => one === text.slice(0, at));
  const id = text.slice(at + 1);
  return kind && id ? { kind, id } : null;
}

function oneOf<T extends string>(text: string | null, values: readonly T[], plain: T): T {
  return values.find((value) => value === text) ?? plain;
}

/** Read the part of an address behind `#`; what it does not say, or says wrongly, is plain. */
export function parseAddress(hash: string): PageAddress {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const text = (name: string) => query.get(name) || null;
  return {
    study: text("study"),
    run: text("run"),
    compare: text("compare"),
    tab: text("tab") ?? PLAIN_ADDRESS.tab,
    commodity: text("commodity"),
    direction: oneOf(text("direction"), ["both", "westbound", "eastbound"], "both"),
    corridor: text("corridor"),
    colour: oneOf(text("colour"), ["corridor", "utilisation"], "corridor"),
    unit: oneOf(text("unit"), ["kt", "kteu"], "kt"),
    selected: selectionOf(text("selected")),
  };
}

/** Write the part of an address behind `#`, without what is plain. */
export function formatAddress(address: PageAddress): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(address)) {
    if (value === null || value === PLAIN_ADDRESS[name as keyof PageAddress]) continue;
    query.set(name, typeof value === "string" ? value : `${value.kind}:${value.id}`);
  }
  // A colon is allowed there, and stays readable.
  return query.toString().replaceAll("%3A", ":");
}

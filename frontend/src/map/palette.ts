/** Colours of what the map shows; those of the page come from its style sheet. */

import type { Frame } from "../data/frame";
import type { Theme } from "../state";

/**
 * Colours of corridors. Every two of them are told apart with normal sight and with the three
 * kinds of colour blindness, and each stands out from land and water (3:1 and more): tests
 * compute both. A study with more corridors uses them again.
 */
export const CORRIDOR_COLOURS: Record<Theme, readonly string[]> = {
  light: ["#7a4a06", "#2c7a5c", "#5c1220", "#3d1280", "#85851a", "#174a5e", "#0a80e0", "#c93c98"],
  dark: ["#f09c34", "#04cfa2", "#d94e30", "#b1a3f8", "#f2e838", "#b3edf8", "#5b77ee", "#c25fae"],
};

/** Flow outside every marked corridor. */
export const OTHER_COLOURS: Record<Theme, string> = { light: "#757c83", dark: "#8d98a3" };

/** Utilisation by class, from little to full; limits are the upper ends of all but the last. */
export const UTILISATION_LIMITS = [0.25, 0.5, 0.75, 0.95] as const;
export const UTILISATION_COLOURS: Record<Theme, readonly string[]> = {
  light: ["#c9ae6b", "#cf8f2e", "#c4611c", "#9c2f1b", "#560f22"],
  dark: ["#75602f", "#a8701f", "#d98a2b", "#f5b560", "#ffeec2"],
};

/** More and less than the run compared with. */
export const MORE_COLOURS: Record<Theme, string> = { light: "#1763b5", dark: "#74b5f5" };
export const LESS_COLOURS: Record<Theme, string> = { light: "#b5520b", dark: "#f0a04b" };

/** Columns of the corridor table that say which paths a corridor has. */
const MARKS = ["all_of", "any_of", "none_of"];

/** Return the number of every corridor's colour, by the study's table; -1: has no marks. */
export function corridorNumbers(corridors: Frame): Map<string, number> {
  const numbers = new Map<string, number>();
  if (!corridors.has("corridor_id")) return numbers;
  const marks = MARKS.filter((name) => corridors.has(name)).map((name) => corridors.column(name));
  const ids = corridors.column("corridor_id");
  let next = 0;
  for (let row = 0; row < corridors.rows; row++) {
    const marked = marks.some((column) => column.text(row));
    numbers.set(ids.text(row) ?? "", marked ? next++ : -1);
  }
  return numbers;
}

/** Return the colour of a corridor, by its number. */
export function corridorColour(number: number | undefined, theme: Theme): string {
  if (number === undefined || number < 0) return OTHER_COLOURS[theme];
  const colours = CORRIDOR_COLOURS[theme];
  return colours[number % colours.length] as string;
}

/** Return the colour of a way of a route answer, by its place in the answer. */
export function wayColour(index: number, theme: Theme): string {
  const colours = CORRIDOR_COLOURS[theme];
  return colours[index % colours.length] as string;
}

/** Return the class of a utilisation, from 0. */
export function utilisationClass(utilisation: number): number {
  const at = UTILISATION_LIMITS.findIndex((limit) => utilisation < limit);
  return at < 0 ? UTILISATION_LIMITS.length : at;
}

export function utilisationColour(utilisation: number | null, theme: Theme): string {
  if (utilisation === null) return OTHER_COLOURS[theme];
  return UTILISATION_COLOURS[theme][utilisationClass(utilisation)] as string;
}

/** The colours of the page that the map uses. */
export interface PageColours {
  theme: Theme;
  land: string;
  water: string;
  landLine: string;
  ink: string;
  inkSoft: string;
  panel: string;
  accent: string;
  bad: string;
  sans: string;
}

/** Read the page's colours as they are now. */
export function readPageColours(theme: Theme): PageColours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    theme,
    land: read("--land"),
    water: read("--water"),
    landLine: read("--land-line"),
    ink: read("--ink"),
    inkSoft: read("--ink-soft"),
    panel: read("--panel"),
    accent: read("--accent"),
    bad: read("--bad"),
    sans: read("--sans") || "sans-serif",
  };
}

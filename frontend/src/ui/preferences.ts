/** Language and theme: what the browser asks for, until the reader chooses. */

import { effect } from "@preact/signals";
import { type Locale, locale, type Theme, theme } from "../state";

const LOCALE_KEY = "sogdia.locale";
const THEME_KEY = "sogdia.theme";

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    // A page from a file may have no storage.
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}

function firstLocale(): Locale {
  const chosen = remembered(LOCALE_KEY);
  if (chosen === "en" || chosen === "fr") return chosen;
  return navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";
}

function firstTheme(): Theme {
  const chosen = remembered(THEME_KEY);
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Set language and theme, and keep the document as they are. */
export function followPreferences(): void {
  locale.value = firstLocale();
  theme.value = firstTheme();
  effect(() => {
    document.documentElement.lang = locale.value;
  });
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
}

export function chooseLocale(value: Locale): void {
  locale.value = value;
  remember(LOCALE_KEY, value);
}

export function chooseTheme(value: Theme): void {
  theme.value = value;
  remember(THEME_KEY, value);
}

/** Tell whether the reader has asked for less motion. */
export function wantsLessMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

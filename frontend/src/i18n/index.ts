/** Texts, numbers and dates in the reader's language; the texts stand in `en/*.json` and `fr/*.json`. */

import type { Locale } from "../state";
import { locale } from "../state";

type Messages = Record<string, string>;

const files = import.meta.glob<Messages>("./{en,fr}/*.json", { eager: true, import: "default" });

function messagesOf(language: Locale): Messages {
  const own = Object.entries(files).filter(([path]) => path.startsWith(`./${language}/`));
  return Object.assign({}, ...own.map(([, messages]) => messages));
}

export const messages: Record<Locale, Messages> = { en: messagesOf("en"), fr: messagesOf("fr") };

/** Return a text, with `{name}` replaced by the value of that name; numbers are formatted. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = messages[locale.value][key] ?? messages.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? formatNumber(value, 2) : value;
  });
}

/** Return a text, or something else where there is no such key: words of a study's own. */
export function tOr(key: string, otherwise: string): string {
  return key in messages.en ? t(key) : otherwise;
}

export const MISSING = "–";

const numberFormats = new Map<string, Intl.NumberFormat>();

/** Return the format of numbers with these options; making one anew takes long. */
function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale.value} ${JSON.stringify(options)}`;
  let format = numberFormats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale.value, options);
    numberFormats.set(key, format);
  }
  return format;
}

/** Return a number with at most so many decimals; a dash for one that is not known. */
export function formatNumber(value: number | null | undefined, decimals = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  return numberFormat({ maximumFractionDigits: decimals }).format(value);
}

/** Return a figure with three digits that count, as far as it is not a larger whole number. */
export function formatFigure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  if (Math.abs(value) >= 100) return numberFormat({ maximumFractionDigits: 0 }).format(value);
  if (Math.abs(value) < 1e-4) return formatNumber(0);
  return numberFormat({ maximumSignificantDigits: 3 }).format(value);
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Return a very small or large number by its power of ten: 4.6 × 10⁻⁹. */
export function formatPower(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  if (value === 0) return formatNumber(0);
  const [mantissa, exponent] = value.toExponential(1).split("e") as [string, string];
  const digits = [...exponent.replace(/^[+-]/, "")].map((digit) => RAISED[Number(digit)]);
  const power = `10${exponent.startsWith("-") ? "⁻" : ""}${digits.join("")}`;
  return `${formatNumber(Number(mantissa), 1)}\u00a0×\u00a0${power}`;
}

/** Return a difference with its sign. */
export function formatDifference(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  const size = formatFigure(Math.abs(value));
  if (size === formatNumber(0)) return size;
  return `${value > 0 ? "+" : "−"}${size}`;
}

/** Return a share as a percentage. */
export function formatPercent(share: number | null | undefined, decimals = 0): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return MISSING;
  return numberFormat({ style: "percent", maximumFractionDigits: decimals }).format(share);
}

/** Return a day, or a moment, as the reader's language writes it. */
export function formatDate(iso: string | null | undefined, withTime = false): string {
  if (!iso) return MISSING;
  const day = new Date(iso.length === 10 ? `${iso}T00:00:00Z` : iso);
  if (Number.isNaN(day.getTime())) return iso;
  const time = withTime ? ({ timeStyle: "short" } as const) : {};
  const zone = iso.length === 10 ? ({ timeZone: "UTC" } as const) : {};
  return new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", ...time, ...zone }).format(
    day,
  );
}

const namesOfRegions = new Map<Locale, Intl.DisplayNames>();

function regionNames(language: Locale): Intl.DisplayNames {
  const names =
    namesOfRegions.get(language) ?? new Intl.DisplayNames([language], { type: "region" });
  namesOfRegions.set(language, names);
  return names;
}

/** Return the name of a country in the reader's language, by its ISO 3166-1 alpha-2 code. */
export function countryName(code: string): string {
  try {
    return regionNames(locale.value).of(code) ?? code;
  } catch {
    return code;
  }
}

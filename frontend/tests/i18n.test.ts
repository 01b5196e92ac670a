import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  formatDate,
  formatDifference,
  formatFigure,
  formatNumber,
  formatPercent,
  formatPower,
  MISSING,
  messages,
  t,
  tOr,
} from "../src/i18n";
import { FIGURES } from "../src/panels/figures";
import { locale } from "../src/state";

const SOURCES = join(import.meta.dirname, "../src");

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

const code = sourceFiles(SOURCES).map((file) => readFileSync(file, "utf8"));
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

afterEach(() => {
  locale.value = "en";
});

describe("the texts", () => {
  it("have the same keys in English and French", () => {
    expect(Object.keys(messages.fr).sort()).toEqual(Object.keys(messages.en).sort());
  });

  it("are none of them empty", () => {
    const empty = [messages.en, messages.fr].flatMap((texts) =>
      Object.entries(texts).filter(([, text]) => !text.trim()),
    );
    expect(empty).toEqual([]);
  });

  it("have the same placeholders in both languages", () => {
    const different = Object.keys(messages.en).filter((key) => {
      const names = [messages.en[key], messages.fr[key]].map((text) =>
        placeholders(text ?? "")
          .sort()
          .join(),
      );
      return names[0] !== names[1];
    });
    expect(different).toEqual([]);
  });

  it("have every key that the code asks for", () => {
    const asked = code.flatMap((text) =>
      [...text.matchAll(/\bt\(\s*"([^"]+)"/g)].map(([, key]) => key as string),
    );
    expect(asked.length).toBeGreaterThan(100);
    expect([...new Set(asked)].filter((key) => !(key in messages.en))).toEqual([]);
  });

  it("have keys for every family that the code asks for by a value", () => {
    const families = code.flatMap((text) =>
      [...text.matchAll(/\bt(?:Or)?\(\s*`([^`$]+)\$\{/g)].map(([, start]) => start as string),
    );
    const keys = Object.keys(messages.en);
    const missing = families.filter((start) => !keys.some((key) => key.startsWith(start)));
    expect(missing).toEqual([]);
  });

  it("name every figure of the element panel, and its unit", () => {
    const figures = Object.values(FIGURES).flat();
    const keys = figures.flatMap(({ column, unit }) => [
      `shell.column.${column}`,
      ...(unit ? [`shell.unit.${unit}`] : []),
    ]);
    expect(keys.filter((key) => !(key in messages.en))).toEqual([]);
  });
});

describe("a text", () => {
  it("is that of the reader's language, with values in place", () => {
    expect(t("shell.element.from", { date: "1 May" })).toBe("from 1 May");
    locale.value = "fr";
    expect(t("shell.element.from", { date: "1 mai" })).toBe("à partir du 1 mai");
  });

  it("keeps a placeholder without value, and a key without text", () => {
    expect(t("shell.element.from")).toBe("from {date}");
    expect(t("shell.no_such_key")).toBe("shell.no_such_key");
    expect(tOr("shell.use.timber", "timber")).toBe("timber");
  });
});

describe("numbers and dates", () => {
  it("are written as the language writes them", () => {
    expect(formatNumber(1234.56, 1)).toBe("1,234.6");
    expect(formatPercent(0.256)).toBe("26%");
    expect(formatDate("2024-03-01")).toBe("Mar 1, 2024");
    locale.value = "fr";
    expect(formatNumber(1234.56, 1)).toBe("1\u202f234,6");
    expect(formatDate("2024-03-01")).toBe("1 mars 2024");
  });

  it("have three digits that count", () => {
    expect([123456.7, 12.345, 0.012345, 0, 1e-9].map(formatFigure)).toEqual([
      "123,457",
      "12.3",
      "0.0123",
      "0",
      "0",
    ]);
  });

  it("have signs as differences and powers of ten where they are tiny", () => {
    expect([12.34, -1500, 0].map(formatDifference)).toEqual(["+12.3", "−1,500", "0"]);
    expect(formatPower(4.61e-9)).toBe("4.6\u00a0×\u00a010⁻⁹");
    expect(formatPower(2e12)).toBe("2\u00a0×\u00a010¹²");
  });

  it("are a dash where they are not known", () => {
    const nothing = [null, undefined, Number.NaN];
    for (const write of [
      formatNumber,
      formatFigure,
      formatDifference,
      formatPercent,
      formatPower,
    ]) {
      expect(nothing.map((value) => write(value))).toEqual([MISSING, MISSING, MISSING]);
    }
    expect(formatDate(null)).toBe(MISSING);
    expect(formatDate("soon")).toBe("soon");
  });
});

/// <reference types="node" />
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { unpack } from "../src/data/frame";
import {
  CORRIDOR_COLOURS,
  corridorColour,
  corridorNumbers,
  LESS_COLOURS,
  MORE_COLOURS,
  OTHER_COLOURS,
  utilisationClass,
} from "../src/map/palette";
import { pack } from "./map-samples";

type Triple = [number, number, number];
type Matrix = [Triple, Triple, Triple];

/** Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB. */
const SIGHTS: Record<string, Matrix> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const TO_LMS: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const TO_LAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

function times(matrix: Matrix, [a, b, c]: Triple): Triple {
  return matrix.map((row) => row[0] * a + row[1] * b + row[2] * c) as Triple;
}

function linear(hex: string): Triple {
  return [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

/** Distance in OKLab as it is seen. */
function distance(one: string, other: string, sight: Matrix): number {
  const [a, b] = [one, other].map((hex) => {
    const seen = times(sight, linear(hex)).map((part) => Math.max(part, 0)) as Triple;
    return times(TO_LAB, times(TO_LMS, seen).map(Math.cbrt) as Triple);
  }) as [Triple, Triple];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function luminance(hex: string): number {
  const [red, green, blue] = linear(hex);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const css = readFileSync(new URL("../src/ui/theme.css", import.meta.url), "utf8");
const [light, dark] = css.split(':root[data-theme="dark"]') as [string, string];

function pageColour(theme: string, name: string): string {
  const found = new RegExp(`${name}: (#[0-9a-f]{6})`).exec(theme === "light" ? light : dark);
  return found?.[1] ?? "";
}

/** What is needed to tell two colours apart in lines, in OKLab. */
const APART = 0.08;

describe.each(["light", "dark"] as const)("colours of the %s theme", (theme) => {
  it("stand out from land and water by 3:1", () => {
    const marks = [
      ...CORRIDOR_COLOURS[theme],
      OTHER_COLOURS[theme],
      MORE_COLOURS[theme],
      LESS_COLOURS[theme],
    ];
    for (const colour of marks) {
      for (const ground of ["--land", "--water"]) {
        expect(contrast(colour, pageColour(theme, ground)), colour).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it.each(Object.entries(SIGHTS))("tell corridors and differences apart: %s", (_, sight) => {
    const colours = CORRIDOR_COLOURS[theme];
    for (const [i, one] of colours.entries()) {
      for (const other of colours.slice(i + 1)) {
        expect(distance(one, other, sight), `${one} ${other}`).toBeGreaterThan(APART);
      }
    }
    expect(distance(MORE_COLOURS[theme], LESS_COLOURS[theme], sight)).toBeGreaterThan(APART);
  });
});

describe("corridorNumbers", () => {
  it("goes by the study's table, and leaves out what has no marks", () => {
    const table = pack(
      "corridor_id any_of",
      ["north", "RU"],
      ["regional", null],
      ["titr", "ferry"],
    );
    const numbers = corridorNumbers(unpack(table));
    expect([...numbers]).toEqual([
      ["north", 0],
      ["regional", -1],
      ["titr", 1],
    ]);
    expect(corridorColour(numbers.get("regional"), "light")).toBe(OTHER_COLOURS.light);
    expect(corridorColour(undefined, "dark")).toBe(OTHER_COLOURS.dark);
    expect(corridorColour(8, "light")).toBe(corridorColour(0, "light"));
  });
});

describe("utilisationClass", () => {
  it("rises with utilisation", () => {
    expect([0, 0.3, 0.6, 0.9, 0.97, 1.4].map(utilisationClass)).toEqual([0, 1, 2, 3, 4, 4]);
  });
});

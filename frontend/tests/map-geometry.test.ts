import { describe, expect, it } from "vitest";
import {
  makeLine,
  parseLineString,
  placeAlong,
  placeLine,
  squareToStretch,
} from "../src/map/geometry";

describe("parseLineString", () => {
  it("reads longitude and latitude of every point", () => {
    expect(parseLineString("LINESTRING (50.1 43.6, 49.4 39.9)")).toEqual([
      [50.1, 43.6],
      [49.4, 39.9],
    ]);
    expect(parseLineString(" linestring(1 2,-3 4.5 , 1e1 0)")).toEqual([
      [1, 2],
      [-3, 4.5],
      [10, 0],
    ]);
  });

  it("returns null for anything else", () => {
    for (const text of ["", "POINT (1 2)", "LINESTRING (1 2)", "LINESTRING (1 2, x 3)"]) {
      expect(parseLineString(text)).toBeNull();
    }
  });
});

describe("makeLine", () => {
  it("measures the way and leaves out points that fall together", () => {
    const line = makeLine([
      [0, 0],
      [3, 4],
      [3, 4],
      [3, 10],
    ]);
    expect([...line.along]).toEqual([0, 5, 11]);
    expect(line.box).toEqual({ left: 0, top: 0, right: 3, bottom: 10 });
  });

  it("has its right side below when it goes east, since y grows downwards", () => {
    const line = makeLine([
      [0, 0],
      [10, 0],
    ]);
    expect([...line.right]).toEqual([-0, 1, -0, 1]);
  });

  it("keeps offset lines parallel round a corner", () => {
    const line = makeLine([
      [0, 0],
      [10, 0],
      [10, 10],
    ]);
    const placed = new Float64Array(6);
    expect(placeLine(line, { k: 2, x: 100, y: 50 }, 3, placed)).toBe(3);
    expect([...placed].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([
      100, 53, 117, 53, 117, 70,
    ]);
  });

  it("does not throw where the way turns back or has no length", () => {
    const back = makeLine([
      [0, 0],
      [5, 0],
      [0, 0],
    ]);
    expect([...back.right].every(Number.isFinite)).toBe(true);
    const point = makeLine([
      [2, 2],
      [2, 2],
    ]);
    const place = new Float64Array(4);
    placeAlong(point, 0.5, false, place);
    expect([...place]).toEqual([2, 2, 1, 0]);
  });
});

describe("placeAlong", () => {
  const line = makeLine([
    [0, 0],
    [10, 0],
    [10, 30],
  ]);
  const at = (share: number, reversed = false) => {
    const place = new Float64Array(4);
    placeAlong(line, share, reversed, place);
    return [...place].map((value) => value + 0);
  };

  it("measures shares by length", () => {
    expect(at(0)).toEqual([0, 0, 1, 0]);
    expect(at(0.125)).toEqual([5, 0, 1, 0]);
    expect(at(0.5)).toEqual([10, 10, 0, 1]);
    expect(at(1)).toEqual([10, 30, 0, 1]);
  });

  it("goes the other way when reversed", () => {
    expect(at(0, true)).toEqual([10, 30, 0, -1]);
    expect(at(1, true)).toEqual([0, 0, -1, 0]);
  });

  it("stays on the line before its start and after its end", () => {
    expect(at(-1)).toEqual(at(0));
    expect(at(2)).toEqual(at(1));
  });
});

describe("squareToStretch", () => {
  it("measures to the nearest point of the stretch", () => {
    expect(squareToStretch(5, 3, 0, 0, 10, 0)).toBe(9);
    expect(squareToStretch(-3, 4, 0, 0, 10, 0)).toBe(25);
    expect(squareToStretch(3, 4, 0, 0, 0, 0)).toBe(25);
  });
});

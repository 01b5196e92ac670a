import { describe, expect, it } from "vitest";
import type { PackedFrame } from "../src/contract";
import { EMPTY_FRAME, indexBy, rowOf, unpack } from "../src/data/frame";
import { Run, Study, Tables } from "../src/data/model";
import { packNumbers, packTexts, runPage, studyPage } from "./data-samples";

const frame: PackedFrame = {
  rows: 3,
  columns: {
    id: packTexts(["b", "a", null]),
    length_km: packNumbers("f8", [1.5, null, -2]),
    count: packNumbers("i4", [7, null, -1]),
    directed: packNumbers("b1", [1, 0, null]),
  },
};

describe("an unpacked table", () => {
  it("gives texts, numbers and truth values, and null for each", () => {
    expect([0, 1, 2].map((row) => rowOf(unpack(frame), row))).toEqual([
      { id: "b", length_km: 1.5, count: 7, directed: true },
      { id: "a", length_km: null, count: null, directed: false },
      { id: null, length_km: -2, count: -1, directed: null },
    ]);
  });

  it("gives a value as text or number where it is one", () => {
    const { column } = unpack(frame);
    expect(column("length_km").text(0)).toBe("1.5");
    expect(column("length_km").text(1)).toBeNull();
    expect(column("directed").number(0)).toBe(1);
    expect(column("id").number(0)).toBeNull();
  });

  it("gives codes of texts, and -1 where there is none", () => {
    const id = unpack(frame).column("id");
    expect(id.levels).toEqual(["a", "b"]);
    expect([0, 1, 2].map(id.code)).toEqual([1, 0, -1]);
    expect(unpack(frame).column("count").code(0)).toBe(-1);
  });

  it("takes wide codes for many different texts", () => {
    const texts = Array.from({ length: 300 }, (_, n) => `id-${String(n).padStart(3, "0")}`);
    const wide = packTexts([...texts, null], "u2");
    const column = unpack({ rows: 301, columns: { id: wide } }).column("id");
    expect(column.text(299)).toBe("id-299");
    expect(column.text(300)).toBeNull();
  });

  it("refuses a column that it does not have, and says which there are", () => {
    expect(() => unpack(frame).column("name")).toThrow(/no column name; there are id,length_km/);
    expect(unpack(frame).has("name")).toBe(false);
  });

  it("finds rows by a key", () => {
    expect([...indexBy(unpack(frame), "id")]).toEqual([
      ["b", 0],
      ["a", 1],
    ]);
    expect(indexBy(EMPTY_FRAME, "id").size).toBe(0);
  });
});

describe("tables", () => {
  it("are unpacked once and are empty where there are none", () => {
    const tables = new Tables({ node: frame });
    expect(tables.table("node")).toBe(tables.table("node"));
    expect(tables.table("link").rows).toBe(0);
    expect(tables.has("link")).toBe(false);
  });

  it("find a row by its key", () => {
    const tables = new Tables({ node: frame });
    expect(tables.row("node", "id", "a")).toMatchObject({ directed: false });
    expect(tables.row("node", "id", "z")).toBeNull();
    expect(tables.find("node", "id", "z")).toBe(-1);
  });

  it("of a run have its playback unpacked", () => {
    const playback = {
      start: "2024-01-01",
      days: 7,
      one_in: { sea: 5 },
      seed: 1,
      movements: frame,
      voyages: frame,
      queues: frame,
      closures: frame,
    };
    const run = new Run({ ...runPage(), playback });
    expect(run.playback).toMatchObject({
      start: "2024-01-01",
      days: 7,
      one_in: { sea: 5 },
      seed: 1,
    });
    expect(run.playback?.queues.rows).toBe(3);
    expect(new Run(runPage()).playback).toBeNull();
  });

  it("of a study keep what the page says of it", () => {
    expect(new Study(studyPage()).page.study).toBe("sample");
  });
});

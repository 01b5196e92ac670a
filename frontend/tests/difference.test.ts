import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunDifference, RunInfo } from "../src/contract";
import { runs, study } from "../src/state";
import {
  choose,
  comparable,
  compare,
  found,
  pair,
  problems,
  rowDetail,
  rowName,
  rowSelection,
  shownTables,
} from "../src/tabs/runs/difference";
import { smallStudy } from "./map-samples";

const info = (run_id: string, part: Partial<RunInfo> = {}): RunInfo =>
  ({ run_id, study: "small", state: "done", ...part }) as RunInfo;

function table(name: string, columns: string[]): RunDifference["tables"][number] {
  return {
    table: name,
    equal: columns.length === 0,
    rows_before: 1,
    rows_after: 1,
    only_before: 0,
    only_after: 0,
    changed: 1,
    columns: columns.map((column) => ({ column, changed: 1, largest: [] })),
  };
}

const DIFFERENCE: RunDifference = {
  before: "b",
  after: "c",
  kind: "run",
  equal: false,
  inputs: [],
  figures: [],
  tables: [
    table("elements", ["flow"]),
    table("paths", ["kt"]),
    table("services", []),
    table("corridors", ["kt", "share"]),
  ],
  only_before: [],
  only_after: [],
};

afterEach(() => {
  vi.unstubAllGlobals();
  runs.value = [];
  study.value = null;
  found.value = null;
  problems.value = [];
});

describe("the choice of two runs", () => {
  it("is at first the newest run of the study and the one before it", () => {
    study.value = smallStudy();
    runs.value = [
      info("a", { state: "failed" }),
      info("d", { study: "another" }),
      info("c"),
      info("b"),
    ];
    expect(comparable.value.map((one) => one.run_id)).toEqual(["c", "b"]);
    expect(pair.value).toEqual({ before: "b", after: "c" });
    choose({ before: "c" });
    expect(pair.value).toEqual({ before: "c", after: "c" });
    runs.value = [info("b"), info("x")];
    expect(pair.value).toEqual({ before: "x", after: "b" });
  });

  it("is asked of the server; a refusal is said", async () => {
    study.value = smallStudy();
    runs.value = [info("c"), info("b")];
    choose({ before: "b", after: "c" });
    const fetched = vi.fn(async (_: string) => new Response(JSON.stringify(DIFFERENCE)));
    vi.stubGlobal("fetch", fetched);
    await compare();
    expect(fetched.mock.calls[0]?.[0]).toBe("/api/runs/b/difference/c");
    expect(found.value?.after).toBe("c");
    const refused = JSON.stringify({ problems: [{ message: "damaged" }] });
    vi.stubGlobal("fetch", async () => new Response(refused, { status: 422 }));
    await compare();
    expect([found.value, problems.value[0]?.message]).toEqual([null, "damaged"]);
  });
});

describe("the changes of a table", () => {
  const world = smallStudy();
  const change = (row: Record<string, string | null>) => ({
    row,
    before: 1,
    after: 2,
    change: 1,
  });

  it("are shown of corridors first, of no table without any", () => {
    expect(shownTables(DIFFERENCE).map((one) => one.table)).toEqual(["corridors", "elements"]);
  });

  it("are called by what they are about, and selected where that has a place", () => {
    const corridor = change({ corridor: "titr", direction: "westbound" });
    expect([rowName(world, "corridors", corridor), rowDetail(corridor)]).toEqual([
      "Trans-Caspian",
      "Westbound",
    ]);
    expect(rowSelection(world, "corridors", corridor)).toBeNull();
    const element = change({ element: "rail", kind: "link", forward: "false", unit: "kt" });
    expect([rowName(world, "elements", element), rowDetail(element)]).toEqual([
      "Main line: Alat – Tbilisi",
      "backward, kt",
    ]);
    expect(rowSelection(world, "elements", element)).toEqual({ kind: "link", id: "rail" });
    const boat = change({ service_id: "boat-1", direction: "eastbound", commodity_id: "grain" });
    expect(rowSelection(world, "services", boat)).toEqual({ kind: "service", id: "boat-1" });
    const unserved = change({
      origin: "KZSCO",
      destination: "GEPTI",
      commodity: "oil",
      reason: "no path",
    });
    expect([rowName(world, "unserved", unserved), rowDetail(unserved)]).toEqual([
      "Aktau sea port → Poti",
      "oil, no path in the study",
    ]);
  });
});

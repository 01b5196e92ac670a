import { describe, expect, it } from "vitest";
import { linearScale, ratioScale } from "../src/charts/scale";
import type { ReportData } from "../src/contract";
import { formatAddress, PLAIN_ADDRESS, parseAddress } from "../src/data/address";
import { newestDone, openReport } from "../src/data/load";
import { Study } from "../src/data/model";
import { figureLines } from "../src/panels/figures";
import { limitsWords, publishedValue, scopeWords, targetBand } from "../src/panels/observations";
import { baseline, commodity, mode, run, selected, study, tab } from "../src/state";
import { sortRows } from "../src/ui/Table";
import { runPage, studyPage } from "./data-samples";

describe("the address", () => {
  it("has what is not plain, and reads it back", () => {
    const address = {
      ...PLAIN_ADDRESS,
      run: "2024 a/b",
      tab: "validation",
      direction: "eastbound" as const,
      selected: { kind: "terminal" as const, id: "KZSCO-box-1" },
    };
    const hash = formatAddress(address);
    expect(hash).toBe(
      "run=2024+a%2Fb&tab=validation&direction=eastbound&selected=terminal:KZSCO-box-1",
    );
    expect(parseAddress(`#${hash}`)).toEqual(address);
    expect(formatAddress(PLAIN_ADDRESS)).toBe("");
  });

  it("is plain where it says what there is not", () => {
    const strange = "#direction=up&unit=lb&colour=red&selected=ship:1&commodity=";
    expect(parseAddress(strange)).toEqual(PLAIN_ADDRESS);
    expect(parseAddress("#selected=node:")).toEqual(PLAIN_ADDRESS);
  });
});

describe("a report", () => {
  const data: ReportData = {
    sogdia: "1.0",
    study: studyPage(),
    runs: [runPage(), { ...runPage(), run_id: "run-0" }],
    answers: [],
  };

  it("shows its first run, compared with the second", () => {
    openReport(data, { ...PLAIN_ADDRESS, tab: "validation", commodity: "grain" });
    expect(mode.value).toBe("report");
    expect(run.value?.page.run_id).toBe("run-1");
    expect(baseline.value?.page.run_id).toBe("run-0");
    expect([tab.value, commodity.value]).toEqual(["validation", "grain"]);
  });

  it("may have no run, and leaves out of the address what the study does not have", () => {
    const unknown = { kind: "node" as const, id: "XXXXX" };
    openReport({ ...data, runs: [] }, { ...PLAIN_ADDRESS, commodity: "gold", selected: unknown });
    expect([run.value, baseline.value, commodity.value, selected.value]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(study.value?.page.study).toBe("sample");
  });
});

describe("the newest finished run", () => {
  const info = (run_id: string, of: string, state: "done" | "failed") =>
    ({ run_id, study: of, state }) as Parameters<typeof newestDone>[0][number];

  it("is of the study asked for", () => {
    const infos = [
      info("3", "a", "failed"),
      info("2", "b", "done"),
      info("1", "a", "done"),
      info("0", "a", "done"),
    ];
    expect(newestDone(infos, "a")?.run_id).toBe("1");
    expect(newestDone(infos, "c")).toBeNull();
  });
});

describe("scales", () => {
  it("end at round values around the data", () => {
    const scale = linearScale([12, 47], 5);
    expect(scale.ticks).toEqual([10, 20, 30, 40, 50]);
    expect([scale.at(10), scale.at(50)]).toEqual([0, 1]);
  });

  it("make room for a single value, or none", () => {
    const single = linearScale([5]);
    expect(single.at(5)).toBeGreaterThan(0);
    expect(single.at(5)).toBeLessThan(1);
    expect(linearScale([]).ticks.length).toBeGreaterThan(1);
    expect(linearScale([0, 0], 3, true).at(0)).toBe(0);
  });

  it("of ratios have half and twice equally far from one", () => {
    const scale = ratioScale(4);
    expect(scale.at(1)).toBeCloseTo(0.5);
    expect(scale.at(2) - 0.5).toBeCloseTo(0.5 - scale.at(0.5));
    expect(scale.ticks).toEqual([0.25, 0.5, 1, 2, 4]);
  });
});

describe("tables", () => {
  const columns = [{ key: "kt", title: "kt", value: (row: { kt: number | null }) => row.kt }];
  const rows = [{ kt: 1 }, { kt: null }, { kt: 3 }];

  it("sort by a column, what is not known last", () => {
    const kt = (descending: boolean) =>
      sortRows(rows, columns, { key: "kt", descending }).map((row) => row.kt);
    expect(kt(true)).toEqual([3, 1, null]);
    expect(kt(false)).toEqual([1, 3, null]);
    expect(sortRows(rows, columns, null)).toBe(rows);
  });
});

describe("words of the panels", () => {
  const open = new Study(studyPage());

  it("write figures with their units, and only those that are given", () => {
    const lines = figureLines("link", {
      mode: "rail",
      length_km: 403,
      time_h: null,
      electrified: false,
      gauge_mm: 1520,
      open_from: "2027-12-31",
    });
    expect(lines.map(({ label, value }) => `${label}: ${value}`)).toEqual([
      "Mode: rail",
      "Length: 403\u00a0km",
      "Track gauge: 1,520\u00a0mm",
      "Electrified: no",
      "Opens: Dec 31, 2027",
    ]);
  });

  it("say what an observation is of", () => {
    expect(scopeWords(open, "corridor:titr")).toBe("Trans-Caspian");
    expect(scopeWords(open, "od:KZBEY>AZALA")).toBe("Beyneu → Alat");
    expect(scopeWords(open, "node:KZBEY,node:KZSCO,node:AZALA")).toBe(
      "Beyneu, Aktau sea port (Kazakhstan) and 1 more",
    );
    const row = { direction: "westbound", origin_countries: "KZ", commodity_ids: "grain" };
    expect(limitsWords(open, row)).toBe("Westbound; from Kazakhstan; Grain");
  });

  it("write what was published, and its band", () => {
    const range = { metric: "days", published: 10, low: 9, high: 14 };
    expect(publishedValue(range, "published")).toBe("9 to 14\u00a0d");
    expect(targetBand(range)).toEqual({ low: 0.9, high: 1.4 });
    const single = { metric: "share", published: 0.5, low: null, high: null };
    expect(publishedValue(single, "published")).toBe("50%");
    expect(targetBand(single)).toEqual({ low: 0.8, high: 1.2 });
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import type { StressAnswer, StressRequest } from "../src/contract";
import { t } from "../src/i18n";
import { keyGroups } from "../src/map/key";
import { overlay, pageColours, withFlows } from "../src/map/store";
import { run, selected, study, tab } from "../src/state";
import { elementsOf, portfolios, projectsInOrder } from "../src/tabs/invest/figures";
import * as investForm from "../src/tabs/invest/form";
import { projectMarks } from "../src/tabs/invest/onMap";
import { asking as investing, projectShown } from "../src/tabs/invest/state";
import { Asking } from "../src/tabs/questions/asking";
import { levelOf, levelsOf, ranked } from "../src/tabs/stress/figures";
import * as stressForm from "../src/tabs/stress/form";
import { lossMarks } from "../src/tabs/stress/onMap";
import { measure, asking as stressing } from "../src/tabs/stress/state";
import { selectedAmong } from "../src/tabs/supply/names";
import { investAnswer, stressAnswer, studyWithProjects } from "./decision-samples";
import { CONTEXT, GREY, smallRun } from "./map-samples";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  stressing.newest.value = null;
  investing.newest.value = null;
  projectShown.value = null;
  measure.value = "lost_kt";
  study.value = null;
  run.value = null;
  selected.value = null;
  tab.value = "map";
});

describe("losses", () => {
  const world = studyWithProjects();

  it("are ranked by what is asked; those that cost nothing are left out", () => {
    const names = (key: Parameters<typeof ranked>[1]) =>
      ranked(stressAnswer(), key).map((loss) => loss.element);
    expect(names("lost_kt")).toEqual(["ferry", "quay", "AZ", "pipe"]);
    expect(names("cost")).toEqual(["boat-1"]);
    expect(names("extra_days")).toEqual(["boat-1"]);
  });

  it("have levels at round figures, the worst first", () => {
    const levels = levelsOf(870);
    expect(levels).toEqual([400, 200, 40, 9]);
    expect([870, 400, 399, 40, 5].map((value) => levelOf(value, levels))).toEqual([0, 0, 1, 2, 4]);
  });

  it("are wider on the map the worse they are, the worst on top", () => {
    const marks = lossMarks(stressAnswer(), world);
    expect(marks.map((mark) => mark.at)).toEqual([
      { kind: "link", id: "pipe" },
      { kind: "country", id: "AZ" },
      { kind: "node", id: "AZALA" },
      { kind: "link", id: "ferry" },
    ]);
    const widths = marks.map((mark) => mark.look.width);
    expect(widths).toEqual([...widths].sort((a, b) => a - b));
    expect(widths[3]).toBeGreaterThan(widths[0] ?? 0);
  });

  it("are told in full where the element is selected, on the map or in the table", () => {
    selected.value = { kind: "terminal", id: "quay" };
    expect(selectedAmong(world, stressAnswer().elements)?.lost_kt).toBe(400);
    selected.value = { kind: "country", id: "KZ" };
    expect(selectedAmong(world, stressAnswer().elements)).toBeNull();
  });
});

describe("the form of a stress test", () => {
  const { faultOf, form, requestOf } = stressForm;

  it("asks for what is chosen, in the world that is chosen", () => {
    const asked = { ...form.value, days: "60", left: 40, inPairs: true, world: "run" as const };
    expect(requestOf(asked, CONTEXT)).toEqual({
      study: "small",
      scenario: { name: "of the run" },
      year: 2023,
      on: null,
      days: 60,
      n: 2,
      elements: ["links", "terminals"],
      capacity_left: 0.4,
      top: 1000,
    });
    expect(requestOf({ ...form.value, on: "2024-07-01" }, CONTEXT)).toMatchObject({
      scenario: { name: "draft" },
      year: null,
      on: "2024-07-01",
      n: 1,
    });
  });

  it("says what cannot be sent", () => {
    expect(faultOf(form.value)).toBeNull();
    expect(faultOf({ ...form.value, elements: [] })).toBe("stress.fault.elements");
    for (const days of ["", "0", "-1", "9999", "long"]) {
      expect(faultOf({ ...form.value, days })).toBe("stress.fault.days");
    }
    expect(faultOf({ ...form.value, year: "1800" })).toBe("question.fault.year");
  });
});

describe("projects", () => {
  const world = studyWithProjects();

  it("stand in the table with the chosen first, then by their worth", () => {
    expect(projectsInOrder(investAnswer()).map((one) => one.project)).toEqual([
      "track",
      "berths",
      "dear",
    ]);
  });

  it("are where the study has what they change", () => {
    expect(elementsOf(world, "track")).toEqual([{ kind: "link", id: "rail" }]);
    expect(elementsOf(world, "berths")).toEqual([{ kind: "terminal", id: "quay" }]);
    expect(elementsOf(world, "dear")).toEqual([]);
  });

  it("look different on the map where they are chosen, left or selected", () => {
    const looks = (shown: string | null) =>
      new Map(
        projectMarks(investAnswer(), world, shown).map(({ at, look }) => [
          at.id,
          [look.width, look.dash !== undefined],
        ]),
      );
    expect(looks(null)).toEqual(
      new Map<string, unknown>([
        ["AZALA", [1.8, true]],
        ["rail", [4, false]],
      ]),
    );
    expect(looks("berths").get("AZALA")).toEqual([6, false]);
  });

  it("are regretted as sets, the robust one first", () => {
    const found = portfolios(investAnswer());
    expect(
      found.map(({ letter, chosen, largest, isRobust }) => [letter, chosen, largest, isRobust]),
    ).toEqual([
      ["A", ["track"], 12, true],
      ["B", ["track", "berths"], 30, false],
    ]);
    const alone = [{ scenario: "base", weight: 1 }];
    expect(portfolios({ ...investAnswer(), scenarios: alone })).toEqual([]);
  });
});

describe("the form of an investment", () => {
  const { faultOf, form, requestOf } = investForm;

  it("asks in its world first, then in the other futures", () => {
    const asked = { ...form.value, budget: "500", others: ["war"], rate: "4", corridor: "titr" };
    expect(requestOf(asked, CONTEXT)).toEqual({
      study: "small",
      scenarios: [{ name: "draft" }, "war"],
      year: null,
      budget_musd: 500,
      objective: "npv",
      discount_rate: 0.04,
      horizon_years: 30,
      carbon_usd_t: 100,
      corridor: "titr",
    });
  });

  it("asks when to build where later years are named", () => {
    const asked = { ...form.value, year: "2030", later: "2035, 2040" };
    expect(requestOf(asked, CONTEXT)).toMatchObject({ year: null, openings: [2030, 2035, 2040] });
    expect(faultOf(asked)).toBeNull();
    for (const part of [{ year: "" }, { later: "2029" }, { later: "soon" }, { later: "2040 2035" }])
      expect(faultOf({ ...asked, ...part })).toBe("invest.fault.later");
    expect(faultOf({ ...asked, objective: "co2" })).toBe("invest.fault.later");
  });

  it("asks a planner about net present value alone", () => {
    const asked = { ...form.value, planner: true };
    expect(requestOf(asked, CONTEXT)).toMatchObject({ system_optimum: true });
    expect(faultOf(asked)).toBeNull();
    expect(faultOf({ ...asked, objective: "throughput" })).toBe("invest.fault.planner");
  });

  it("says what cannot be sent", () => {
    const fault = (part: Partial<investForm.InvestForm>) => faultOf({ ...form.value, ...part });
    expect(fault({})).toBeNull();
    expect(fault({ budget: "0" })).toBe("invest.fault.budget");
    expect(fault({ rate: "60" })).toBe("invest.fault.rate");
    expect(fault({ horizon: "2.5" })).toBe("invest.fault.horizon");
    expect(fault({ carbon: "" })).toBe("supply.fault.carbon");
    expect(fault({ others: Array.from("abcdefgh") })).toBe("invest.fault.others");
  });
});

describe("the map", () => {
  it("shows losses and projects on their tabs, without flows, and says so in its key", () => {
    pageColours.value = GREY;
    study.value = studyWithProjects();
    run.value = smallRun();
    stressing.newest.value = stressAnswer();
    investing.newest.value = investAnswer();
    const marked = () => keyGroups.value.find((group) => group.id === "marks");
    expect([withFlows.value, overlay.value.marks.length, marked()]).toEqual([true, 0, undefined]);
    tab.value = "stress";
    expect([withFlows.value, overlay.value.marks.length]).toEqual([false, 4]);
    expect(marked()?.entries).toHaveLength(5);
    expect(marked()?.entries[0]?.text).toBe("400 kt or more");
    measure.value = "cost";
    expect(overlay.value.marks.map((mark) => mark.at.id)).toEqual(["ferry"]);
    tab.value = "invest";
    expect(overlay.value.marks).toHaveLength(2);
    expect(marked()?.entries.map((entry) => entry.text)).toContain(t("invest.map.left"));
    pageColours.value = null;
  });
});

describe("a long question", () => {
  it("shows how far the server is, until the answer is there", async () => {
    vi.useFakeTimers();
    study.value = studyWithProjects();
    let answer: (found: StressAnswer) => void = () => undefined;
    const found = new Promise<StressAnswer>((done) => {
      answer = done;
    });
    const standing = { stage: "removing one", done: 3, total: 9, waiting: 2 };
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ stress: standing })));
    const asking = new Asking<StressRequest, StressAnswer>("stress", () => found);
    const underWay = asking.ask({ study: "small" });
    expect([asking.awaited.value, asking.standing.value]).toEqual([0, null]);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(asking.standing.value).toEqual(standing);
    answer(stressAnswer());
    await underWay;
    expect([asking.isAsking.value, asking.standing.value]).toEqual([false, null]);
    expect(asking.answer.value?.elements_tried).toBe(40);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is only shown of the study that is open", () => {
    stressing.newest.value = { ...stressAnswer(), study: "another" };
    study.value = studyWithProjects();
    tab.value = "stress";
    expect([stressing.answer.value, stressing.onMap.value]).toEqual([null, null]);
  });
});

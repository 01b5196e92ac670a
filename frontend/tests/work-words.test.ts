import { beforeEach, describe, expect, it } from "vitest";
import type {
  PackedColumn,
  PackedFrame,
  RunInfo,
  ScenarioContent,
  StudyPage,
} from "../src/contract";
import { Study } from "../src/data/model";
import { locale } from "../src/state";
import { causeText } from "../src/tabs/play/words";
import {
  deadlineDays,
  departure,
  form,
  faultOf as formFault,
  rankOfBest,
  requestOf,
  swapped,
  withBest,
} from "../src/tabs/route/form";
import { runToFollow, withRunInfo } from "../src/tabs/runs/jobs";
import { shareAddress } from "../src/tabs/runs/RunEntry";
import { stageName } from "../src/tabs/runs/words";
import { changesOf, eventText, ruleText, titleOf } from "../src/tabs/scenario/describe";
import { choicesFor, factorAt, positionOf } from "../src/tabs/scenario/effects";
import { partOf, problemsAt } from "../src/tabs/scenario/problems";
import { matching } from "../src/tabs/scenario/proposals";
import { faultOf, hsCodes } from "../src/tabs/scenario/RuleDialog";
import { clamped } from "../src/tabs/scenario/RunSection";
import { runOf } from "../src/tabs/scenario/running";
import { levelRange, loadShare } from "../src/tabs/scenario/water";

function column(values: (string | number | null)[]): PackedColumn {
  if (values.every((value) => typeof value !== "string")) {
    const array = Float64Array.from(values.map((value) => (value as number | null) ?? Number.NaN));
    const bytes = new Uint8Array(array.buffer);
    return { type: "f8", base64: btoa(String.fromCharCode(...bytes)) };
  }
  const levels = [...new Set(values.filter((value) => value !== null))].map(String).sort();
  const codes = values.map((value) => (value === null ? 0xff : levels.indexOf(String(value))));
  return { levels, type: "u1", base64: btoa(String.fromCharCode(...codes)) };
}

function table(columns: Record<string, (string | number | null)[]>): PackedFrame {
  const packed = Object.entries(columns).map(([name, values]) => [name, column(values)]);
  return { rows: Object.values(columns)[0]?.length ?? 0, columns: Object.fromEntries(packed) };
}

const CASPIAN = {
  title: "Caspian",
  places: ["AKT"],
  current_m: -29.5,
  full_load_m: -28.3,
  load_loss_per_m: 0.135,
  source_id: null,
};

const STUDY = new Study({
  study: "small",
  water_levels: { caspian: CASPIAN },
  tables: {
    node: table({
      node_id: ["AKT", "ALA"],
      name: ["Aktau", "Alat"],
      country: ["KZ", "AZ"],
      kind: ["port", "port"],
    }),
    link: table({
      link_id: ["road", "ferry", "bare"],
      name: ["Desert road", null, null],
      from_node_id: ["AKT", "AKT", "AKT"],
      to_node_id: ["ALA", "ALA", "ALA"],
      mode: ["road", "ferry", "rail"],
      cost_usd_t: [3, null, null],
      tariff_id: [null, "t", null],
      capacity_kt_y: [100, null, null],
      capacity_teu_y: [null, null, null],
    }),
    terminal: table({
      terminal_id: ["quay"],
      name: ["Quay"],
      node_id: ["AKT"],
      service_time_h: [null],
      dwell_h: [4],
      capacity_kt_y: [null],
      capacity_teu_y: [null],
      cost_usd_t: [null],
      cost_usd_teu: [null],
    }),
    service: table({
      service_id: ["ship"],
      name: ["The ship"],
      link_id: ["ferry"],
      availability: [0.5],
      crossing_time_h: [18],
    }),
    event: table({ event_id: ["storm"], name: ["A storm"] }),
    project: table({ project_id: ["hub"], name: ["The hub"] }),
    commodity: table({ commodity_id: ["oil"], name: ["Oil"] }),
    corridor: table({ corridor_id: ["north"], name: ["Northern"] }),
  },
} as unknown as StudyPage);

const effects = (kind: "link" | "terminal" | "service" | "node", id: string) =>
  Object.fromEntries(choicesFor(STUDY, { kind, id }).map((one) => [one.effect, one.largest]));

beforeEach(() => {
  locale.value = "en";
});

describe("what an element may be changed in", () => {
  it("is what it has a figure of", () => {
    expect(effects("link", "road")).toEqual({ closes: 5, capacity: 5, time: 5, cost: 5 });
    expect(effects("link", "bare")).toEqual({ closes: 5, time: 5 });
    expect(effects("terminal", "quay")).toEqual({ closes: 5, time: 5 });
    expect(effects("node", "AKT")).toEqual({ closes: 5, capacity: 5, time: 5, cost: 5 });
    expect(effects("link", "nowhere")).toEqual({});
  });

  it("of services ends where they leave as often as they are meant to", () => {
    expect(effects("service", "ship").capacity).toBe(2);
    expect(effects("link", "ferry").capacity).toBe(2);
  });

  it("goes by ratios on a slider, and every position comes back", () => {
    expect([factorAt(0), factorAt(-20), factorAt(14)]).toEqual([1, 0.1, 5]);
    for (let position = -20; position <= 14; position++) {
      expect(positionOf(factorAt(position))).toBe(position);
    }
  });
});

describe("changes in words", () => {
  const content = {
    extends: "base",
    year: 2025,
    rule: [{ countries: ["RU", "BY"], commodities: ["oil"], until: "2025-03-01" }],
    water_level: { caspian: -30 },
    include_events: ["storm"],
    projects: ["hub"],
    event: [
      {
        event_id: "page-capacity-quay",
        name: "less",
        from_date: "2025-01-01",
        until_date: null,
        element_kind: "terminal" as const,
        element_id: "quay",
        effect: "capacity" as const,
        factor: 0.5,
      },
    ],
    season: [{}],
  };

  it("are a sentence each", () => {
    expect(changesOf(content, STUDY).map((change) => change.text)).toEqual([
      "The year is 2025.",
      "No transit through Russia and Belarus of Oil, until Mar 1, 2025.",
      "Caspian: -30 m.",
      "Capacity × 0.5: Quay, from Jan 1, 2025.",
      "It happens: A storm.",
      "It is built: The hub.",
      "Seasons of demand from the file: 1.",
    ]);
  });

  it("are undone one by one until the base is left", () => {
    let left: ScenarioContent = content;
    for (let guard = 0; guard < 10; guard++) {
      const [first] = changesOf(left, STUDY);
      if (!first) break;
      left = first.undo(left);
    }
    expect(left).toEqual({ extends: "base" });
  });

  it("make a title where there is none", () => {
    expect(titleOf({ title: "Mine" }, STUDY)).toBe("Mine");
    expect(titleOf({}, STUDY)).toBe("");
    expect(titleOf(content, STUDY)).toMatch(/^The year is 2025; No transit .+; and 5 more$/);
  });

  it("know every combination of what a rule denies, in both languages", () => {
    const kinds = ["transit", "origin", "destination"] as const;
    for (const language of ["en", "fr"] as const) {
      locale.value = language;
      for (let mask = 1; mask < 8; mask++) {
        const applies_to = kinds.filter((_, bit) => mask & (1 << bit));
        expect(ruleText({ countries: ["RU"], applies_to }, STUDY)).not.toContain("work.");
      }
      for (const effect of ["closes", "capacity", "time", "cost"] as const) {
        const event = { ...content.event[0], effect } as (typeof content.event)[0];
        expect(eventText(event, STUDY)).not.toContain("work.");
      }
    }
  });
});

describe("problems", () => {
  it("are put to the part that they are about", () => {
    const at = (message: string, file: string | null = null) => partOf({ message, file });
    expect(at("'x' is not in table project", "scenario 'mine', projects")).toBe("projects");
    expect(at("rule 1, countries, item 1: 'XX' is not a code", "mine")).toBe("rule");
    expect(at("at -60 m no vessel could load", "scenario 'a', water_level, caspian")).toBe(
      "water_level",
    );
    expect(at("year: is not a whole number", "mine")).toBe("year");
    expect(at("event of the study is unknown", "mine")).toBe("other");
    expect(at("the queue is full")).toBe("other");
    expect(problemsAt([{ message: "extends: is unknown" }], "extends")).toHaveLength(1);
  });
});

describe("fields", () => {
  it("take HS codes of two or four digits", () => {
    expect(hsCodes("27, 8471")).toEqual(["27", "8471"]);
    expect(hsCodes(" ")).toEqual([]);
    expect(hsCodes("271")).toBeNull();
  });

  it("say what a rule lacks", () => {
    expect(faultOf({})).toBe("work.rule.fault.where");
    expect(faultOf({ countries: ["RU"], applies_to: [] })).toBe("work.rule.fault.applies");
    expect(faultOf({ countries: ["RU"], from: "2025-02-01", until: "2025-01-01" })).toBe(
      "work.fault.dates",
    );
    expect(faultOf({ places: ["AKT"] })).toBeNull();
  });

  it("keep numbers within bounds", () => {
    expect([clamped("7", 1, 50), clamped("99", 1, 50), clamped("x", 1, 50)]).toEqual([7, 50, 1]);
  });

  it("propose names that begin with what was typed, without regard to accents", () => {
    const options = [
      { key: "a", label: "Türkmenbaşy" },
      { key: "b", label: "Port of Turkmen" },
      { key: "TRX", label: "Other", detail: "Turkey" },
    ];
    expect(matching(options, "turk").map((option) => option.key)).toEqual(["a", "b", "TRX"]);
    expect(matching(options, "zzz")).toEqual([]);
    expect(matching(options, "")).toHaveLength(3);
  });
});

describe("water levels", () => {
  it("say what vessels load", () => {
    expect(loadShare(CASPIAN, -28)).toBe(1);
    expect(loadShare(CASPIAN, -29.5)).toBeCloseTo(0.838, 6);
    expect(loadShare(CASPIAN, -60)).toBe(0);
  });

  it("stay where vessels still load", () => {
    const { min, max } = levelRange({ ...CASPIAN, load_loss_per_m: 0.5 });
    expect(min).toBe(-30.2);
    expect(max).toBeGreaterThan(CASPIAN.full_load_m);
    expect(loadShare({ ...CASPIAN, load_loss_per_m: 0.5 }, min)).toBeGreaterThan(0);
    expect(levelRange({ ...CASPIAN, load_loss_per_m: 0 }).min).toBe(-31.5);
  });
});

describe("runs", () => {
  const info = (run_id: string, part: Partial<RunInfo> = {}): RunInfo =>
    ({
      run_id,
      state: "done",
      study: "s",
      scenario: "b",
      year: 2024,
      simulated: false,
      ...part,
    }) as RunInfo;

  it("are followed one at a time, the running one first", () => {
    const queued = [
      info("c", { state: "queued", position: 1 }),
      info("b", { state: "queued", position: 0 }),
    ];
    expect(runToFollow(queued)?.run_id).toBe("b");
    expect(runToFollow([...queued, info("a", { state: "running" })])?.run_id).toBe("a");
    expect(runToFollow([info("d")])).toBeNull();
  });

  it("replace what was known of them", () => {
    const list = withRunInfo([info("a"), info("b")], info("b", { state: "failed" }));
    expect(list.map((one) => one.state)).toEqual(["done", "failed"]);
    expect(withRunInfo(list, info("c")).map((one) => one.run_id)).toEqual(["c", "a", "b"]);
  });

  it("of the base are compared with only if made in the same way", () => {
    const list = [info("a", { year: 2030 }), info("b", { simulated: true }), info("c")];
    const wanted = { study: "s", scenario: "b", year: 2024, simulated: false };
    expect(runOf(list, wanted)?.run_id).toBe("c");
    expect(runOf(list, { ...wanted, scenario: "x" })).toBeNull();
  });

  it("have stages in words, unknown ones as they are", () => {
    expect(stageName("assigning")).toBe("Assigning flows");
    expect(stageName("compiling kernels (first run only)")).toBe(
      "Compiling, in the first run only",
    );
    expect(stageName("round 2, simulating")).toBe("Round 2: Simulating");
    expect(stageName("polishing")).toBe("polishing");
  });

  it("are shared by their address", () => {
    const here = { origin: "http://localhost:1", pathname: "/" };
    expect(shareAddress("a b", here)).toBe("http://localhost:1/#run=a%20b");
  });
});

describe("causes", () => {
  it("are put into words", () => {
    expect(causeText("event 'A storm'", STUDY)).toBe("A storm");
    expect(causeText("weather on ship", STUDY)).toBe("Weather: The ship");
    expect(causeText("opening hours of quay", STUDY)).toBe("Opening hours: Quay");
    expect(causeText("something else", STUDY)).toBe("something else");
  });
});

describe("the form of a route", () => {
  const context = {
    study: "small",
    run: { run_id: "r1", year: 2024, content: { extends: "base" } },
    draft: { name: "mine" },
    commodity: "oil",
  };
  const filled = {
    ...form.peek(),
    origin: { text: "Aktau", node_id: "AKT" },
    destination: { text: " 48.1,11.5 ", node_id: null },
  };

  it("becomes a request", () => {
    expect(requestOf(filled, context)).toMatchObject({
      study: "small",
      scenario: { extends: "base" },
      origin: "AKT",
      destination: "48.1,11.5",
      commodity: "oil",
      depart: "2024-07-01",
      deadline_days: null,
      run: "r1",
      why_not: null,
    });
    const draft = { ...filled, world: "draft" as const, usesQueues: false };
    expect(requestOf(draft, context, "north")).toMatchObject({
      scenario: { name: "mine" },
      depart: null,
      run: null,
      why_not: "north",
    });
  });

  it("falls back to the study where there is no run", () => {
    const request = requestOf(filled, { ...context, run: null });
    expect([request.scenario, request.run, request.depart]).toEqual([null, null, null]);
  });

  it("counts the days to a date", () => {
    const dated = { ...filled, deadlineIn: "date" as const, deadline: "2024-07-31" };
    expect(deadlineDays(dated, departure(dated, context))).toBe(30);
    expect(deadlineDays({ ...filled, deadline: "12.5" }, null)).toBe(12.5);
  });

  it("compares by reliability only under a deadline", () => {
    const wished = { ...filled, by: ["time", "reliability"] as ("time" | "reliability")[] };
    expect(requestOf(wished, context).by).toEqual(["time"]);
    expect(requestOf({ ...wished, deadline: "20" }, context).by).toEqual(["time", "reliability"]);
  });

  it("says what it lacks", () => {
    expect(formFault(form.peek(), context)).toBe("work.route.fault.origin");
    expect(formFault({ ...filled, deadline: "0" }, context)).toBe("work.route.fault.deadline");
    expect(formFault({ ...filled, by: [] }, context)).toBe("work.route.fault.criteria");
    expect(formFault(filled, context)).toBeNull();
  });

  it("swaps its ends", () => {
    const other = swapped(filled);
    expect([other.origin, other.destination]).toEqual([filled.destination, filled.origin]);
  });

  it("shows the way that was asked about behind the others", () => {
    const answer = {
      itineraries: [{ rank: 1 }, { rank: 2 }],
      why_not: { verdict: "blocked", best: { rank: 1, corridor: "north" } },
    } as unknown as Parameters<typeof withBest>[0];
    expect(rankOfBest(answer)).toBe(3);
    const shown = withBest(answer);
    expect(shown.itineraries.map((way) => way.rank)).toEqual([1, 2, 3]);
    expect(withBest(shown)).toEqual(shown);
  });
});

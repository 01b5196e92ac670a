import { describe, expect, it } from "vitest";
import type { ScenarioContent } from "../src/contract";
import { extended, NO_BASE, readBase } from "../src/tabs/scenario/base";
import {
  avoidedCountries,
  elementEvent,
  elementEventId,
  happens,
  happensInBase,
  scenarioName,
  startFrom,
  withAvoided,
  withElementDates,
  withElementEvent,
  withEvent,
  withNewRule,
  withoutOwnEvent,
  withoutRule,
  withProject,
  withRule,
  withWaterLevel,
  withYear,
} from "../src/tabs/scenario/edit";

const DATES = { from: "2024-01-01", until: "2024-12-31" };
const LINK = { kind: "link", id: "A-B" } as const;

describe("countries to avoid", () => {
  it("are closed by one rule, and the last one opened leaves none", () => {
    const one = withAvoided(startFrom("base"), "RU", true);
    const two = withAvoided(one, "BY", true);
    expect(two.rule).toEqual([
      { name: "avoided countries", countries: ["BY", "RU"], applies_to: ["transit"] },
    ]);
    expect(avoidedCountries(two.rule)).toEqual(new Set(["BY", "RU"]));
    const none = withAvoided(withAvoided(two, "RU", false), "BY", false);
    expect(none).toEqual({ extends: "base" });
  });

  it("are opened in a rule of a file too, and rules about some goods stay", () => {
    const content: ScenarioContent = {
      rule: [
        { name: "mine", countries: ["RU", "BY"] },
        { countries: ["RU"], commodities: ["crude"] },
      ],
    };
    expect(withAvoided(content, "RU", false).rule).toEqual([
      { name: "mine", countries: ["BY"] },
      { countries: ["RU"], commodities: ["crude"] },
    ]);
  });

  it("do not count where only goods from there are denied", () => {
    expect(avoidedCountries([{ countries: ["RU"], applies_to: ["origin"] }]).size).toBe(0);
  });

  it("leave the scenario that they are written to as it was", () => {
    const before = startFrom("base");
    withAvoided(before, "RU", true);
    expect(before).toEqual({ extends: "base" });
  });
});

describe("rules", () => {
  it("are added, replaced and removed", () => {
    const added = withNewRule({}, { countries: ["IR"], name: "", from: "" });
    expect(added.rule).toEqual([{ countries: ["IR"] }]);
    const replaced = withRule(added, 0, { places: ["X"], until: "2024-05-01" });
    expect(replaced.rule).toEqual([{ places: ["X"], until: "2024-05-01" }]);
    expect(withoutRule(replaced, 0)).toEqual({});
  });
});

describe("the year", () => {
  it("takes changes of elements that last the whole year with it", () => {
    let content = withElementEvent({}, LINK, "capacity", 0.5, DATES, "less");
    content = withElementEvent(
      content,
      LINK,
      "time",
      2,
      { from: "2024-03-01", until: "2024-04-01" },
      "slow",
    );
    const moved = withYear(content, 2025, 2024, 2025);
    expect(moved.year).toBe(2025);
    expect(moved.event?.map((event) => event.from_date)).toEqual(["2025-01-01", "2024-03-01"]);
    expect(withYear(moved, undefined, 2025, 2024).year).toBeUndefined();
  });
});

describe("water levels", () => {
  it("are no change at the level of the base", () => {
    const low = withWaterLevel({}, "caspian", -30.1, -29.5);
    expect(low.water_level).toEqual({ caspian: -30.1 });
    expect(withWaterLevel(low, "caspian", -29.5, -29.5)).toEqual({});
  });
});

describe("events of the study", () => {
  it("are named only where they differ from the base", () => {
    const off = withEvent({}, "storm", false, true);
    expect(off).toEqual({ exclude_events: ["storm"] });
    expect(happens(off, "storm", true)).toBe(false);
    expect(withEvent(off, "storm", true, true)).toEqual({});
    expect(withEvent({}, "stop", true, false)).toEqual({ include_events: ["stop"] });
  });

  it("happen in the base as it says, else as the study says", () => {
    const base = { ...NO_BASE, include_events: ["a"], exclude_events: ["b"] };
    expect(happensInBase(base, "a", false)).toBe(true);
    expect(happensInBase(base, "b", true)).toBe(false);
    expect(happensInBase(base, "c", true)).toBe(true);
  });
});

describe("projects", () => {
  const requires = new Map([
    ["ships", ["hub"]],
    ["hub", ["quay"]],
  ]);

  it("come with what they require, without what the base builds", () => {
    const built = withProject({}, "ships", true, requires, ["quay"]);
    expect(built.projects).toEqual(["ships", "hub"]);
  });

  it("go with what requires them", () => {
    const content = { projects: ["ships", "hub", "road"] };
    expect(withProject(content, "hub", false, requires).projects).toEqual(["road"]);
  });

  it("that require each other come to an end", () => {
    const circle = new Map([
      ["a", ["b"]],
      ["b", ["a"]],
    ]);
    expect(withProject({}, "a", true, circle).projects).toEqual(["a", "b"]);
  });
});

describe("changes of an element", () => {
  it("have ids that can be read and that the server takes", () => {
    const element = { kind: "terminal", id: "KZDOS-gauge-box" } as const;
    expect(elementEventId(element, "capacity")).toBe("page-capacity-KZDOS-gauge-box");
    const odd = { kind: "country", id: "K Z" } as const;
    expect(elementEventId(odd, "closes")).toBe("page-closes-country-K-Z");
  });

  it("are written, replaced, dated and removed", () => {
    let content = withElementEvent({}, LINK, "closes", null, DATES, "shut");
    expect(content.event).toEqual([
      {
        event_id: "page-closes-A-B",
        name: "shut",
        from_date: "2024-01-01",
        until_date: "2024-12-31",
        element_kind: "link",
        element_id: "A-B",
        effect: "closes",
      },
    ]);
    content = withElementEvent(content, LINK, "cost", 2, DATES, "dear");
    content = withElementEvent(content, LINK, "cost", 3, DATES, "dearer");
    expect(content.event).toHaveLength(2);
    expect(elementEvent(content, LINK, "cost")?.factor).toBe(3);
    content = withElementDates(content, LINK, { from: "2024-05-01", until: "" });
    for (const event of content.event ?? []) {
      expect(event.from_date).toBe("2024-05-01");
      expect("until_date" in event).toBe(false);
    }
    content = withoutOwnEvent(withoutOwnEvent(content, "page-closes-A-B"), "page-cost-A-B");
    expect(content).toEqual({});
  });
});

describe("names", () => {
  it("are made of the base where there is none", () => {
    expect(scenarioName({ extends: "base" })).toBe("base-changed");
    expect(scenarioName({ name: "mine", extends: "base" })).toBe("mine");
    expect(scenarioName({})).toBe("changed");
  });
});

describe("the base", () => {
  it("is joined from the chain as the server joins it", async () => {
    const files: Record<string, ScenarioContent> = {
      top: { extends: "middle", exclude_events: ["a"], water_level: { sea: 2 } },
      middle: { extends: "root", include_events: ["a", "b"], projects: ["p"] },
      root: { year: 2024, rule: [{ countries: ["IR"] }], projects: ["p", "q"] },
    };
    const asked: string[] = [];
    const base = await readBase("top", async (name) => {
      asked.push(name);
      return files[name] as ScenarioContent;
    });
    expect(asked).toEqual(["top", "middle", "root"]);
    expect(base).toMatchObject({
      name: "top",
      year: 2024,
      include_events: ["b"],
      exclude_events: ["a"],
      projects: ["p", "q"],
      water_level: { sea: 2 },
    });
  });

  it("comes to an end where scenarios extend each other", async () => {
    const base = await readBase("a", async (name) => ({ extends: name === "a" ? "b" : "a" }));
    expect(base.name).toBe("a");
  });

  it("keeps the level that a later scenario does not name", () => {
    const first = extended(NO_BASE, { water_level: { sea: 1, lake: 2 } });
    expect(extended(first, { water_level: { sea: 3 } }).water_level).toEqual({ sea: 3, lake: 2 });
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { t } from "../src/i18n";
import { utilisationOf } from "../src/map/flows";
import { keyGroups } from "../src/map/key";
import { makeLayout } from "../src/map/layout";
import {
  layout,
  loads,
  overlay,
  pageColours,
  reading,
  streams,
  volumeUnit,
} from "../src/map/store";
import { baseline, run, study, tab, unit } from "../src/state";
import { balanceLoads, balanceStreams, limitMarks } from "../src/tabs/supply/onMap";
import { asking, showCommodity } from "../src/tabs/supply/state";
import { GREY, smallRun, smallStudy } from "./map-samples";
import { supplyAnswer } from "./supply-samples";

afterEach(() => {
  study.value = null;
  run.value = null;
  baseline.value = null;
  asking.newest.value = null;
  tab.value = "map";
  unit.value = "kt";
  pageColours.value = null;
  showCommodity(null);
});

describe("a balance on the map", () => {
  const world = smallStudy();
  const plan = makeLayout(world);
  const ferry = plan.linkIndex.get("ferry") ?? -1;
  const rail = plan.linkIndex.get("rail") ?? -1;

  it("flows along links, of all goods or of one", () => {
    const all = balanceStreams(supplyAnswer(), plan, null);
    expect(all.map(({ link, reversed, volume }) => [link, reversed, volume])).toEqual([
      [ferry, false, 410],
      [rail, true, 5],
    ]);
    expect(balanceStreams(supplyAnswer(), plan, "copper").map((one) => one.volume)).toEqual([10]);
  });

  it("shows how full links and places are, where that is known", () => {
    const found = balanceLoads(supplyAnswer(), world, plan);
    expect(utilisationOf(found, ferry, false)).toBe(1);
    expect(utilisationOf(found, ferry, true)).toBeNull();
    expect(utilisationOf(found, rail, false)).toBeNull();
    expect(found.nodes.get(plan.nodeIndex.get("AZALA") ?? -1)).toBe(0.5);
  });

  it("marks limits at their links and places; contracts have none", () => {
    expect(limitMarks(supplyAnswer(), world).map((mark) => mark.at)).toEqual([
      { kind: "link", id: "ferry" },
      { kind: "node", id: "AZALA" },
      { kind: "link", id: "pipe" },
      { kind: "node", id: "KZSCO" },
    ]);
  });
});

describe("the map", () => {
  it("shows the balance on its tab and the run on the others", () => {
    study.value = smallStudy();
    run.value = smallRun();
    baseline.value = smallRun();
    unit.value = "kteu";
    asking.newest.value = supplyAnswer();
    expect([reading.value, volumeUnit.value]).toEqual(["difference", "kteu"]);
    expect(overlay.value.marks).toEqual([]);
    tab.value = asking.kind;
    expect([reading.value, volumeUnit.value]).toEqual(["utilisation", "kt"]);
    expect(streams.value.map((one) => one.volume)).toEqual([410, 5]);
    expect([...(loads.value?.waiting.values() ?? [])].every((waiting) => waiting === 0)).toBe(true);
    expect(overlay.value.marks).toHaveLength(4);
    expect(layout.value).not.toBeNull();
  });

  it("names in its key what a limit is, and no rings", () => {
    study.value = smallStudy();
    asking.newest.value = supplyAnswer();
    pageColours.value = GREY;
    expect(keyGroups.value.map((group) => group.id)).not.toContain("marks");
    tab.value = asking.kind;
    const groups = keyGroups.value;
    expect(groups.map((group) => group.id)).toContain("marks");
    const colours = groups.find((group) => group.id === "colour");
    expect(colours?.entries.map((entry) => entry.text)).not.toContain(t("map.ring"));
  });
});

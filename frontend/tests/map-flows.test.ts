import { describe, expect, it } from "vitest";
import {
  type Choice,
  differencesOf,
  dominantCorridor,
  loadsOf,
  streamsOf,
  throughputOf,
  utilisationOf,
} from "../src/map/flows";
import { makeLayout, nameOnMap } from "../src/map/layout";
import { layRibbons, roundVolume, widening, widthOf } from "../src/map/ribbons";
import { smallRun, smallStudy } from "./map-samples";

const ALL: Choice = { commodity: null, direction: "both", corridor: null, unit: "kt" };
const study = smallStudy();
const layout = makeLayout(study);
const run = smallRun();
const brief = (choice: Partial<Choice>) =>
  streamsOf(run, layout, { ...ALL, ...choice }).map(({ link, reversed, volume }) => [
    layout.links[link]?.id,
    reversed,
    volume,
  ]);

describe("makeLayout", () => {
  it("puts links of one course into one bundle, whichever way they are given", () => {
    const bundles = layout.links.map((link) => link.bundle);
    expect(bundles[0]).toBe(bundles[1]);
    expect(new Set(bundles).size).toBe(3);
  });

  it("draws the course from node to node", () => {
    const { line, from } = layout.links[0] as (typeof layout.links)[number];
    expect(line.along.length).toBe(3);
    expect(line.points[0]).toBe(layout.nodes[from]?.x);
  });

  it("writes names without brackets", () => {
    expect(nameOnMap("Alat (Baku)")).toBe("Alat");
    expect(nameOnMap("(x)")).toBe("(x)");
  });
});

describe("streamsOf", () => {
  it("sums by link and direction of travel, and drops what is next to nothing", () => {
    expect(brief({})).toEqual([
      ["ferry", false, 500],
      ["ferry", true, 50],
      ["feeder", true, 100],
      ["rail", false, 400],
    ]);
  });

  it("takes only what is chosen", () => {
    expect(brief({ commodity: "boxes", unit: "kteu" })).toEqual([
      ["ferry", false, 20],
      ["ferry", true, 5],
      ["feeder", true, 12],
    ]);
    expect(brief({ direction: "eastbound" })).toEqual([["ferry", true, 50]]);
    expect(brief({ corridor: "lapis" })).toEqual([["feeder", true, 100]]);
    expect(brief({ corridor: "unknown" })).toEqual([]);
  });

  it("knows the corridor with most", () => {
    const [ferry] = streamsOf(run, layout, ALL);
    expect(ferry && dominantCorridor(ferry)).toBe("titr");
  });
});

describe("differencesOf", () => {
  it("subtracts, whether a stream is in one run or in both", () => {
    const grain = streamsOf(run, layout, { ...ALL, commodity: "grain" });
    const boxes = streamsOf(run, layout, { ...ALL, commodity: "boxes" });
    const found = differencesOf(grain, boxes).map((stream) => [
      layout.links[stream.link]?.id,
      stream.reversed,
      stream.volume,
    ]);
    expect(found).toEqual([
      ["ferry", false, 300],
      ["rail", false, 400],
      ["ferry", true, -50],
      ["feeder", true, -100],
    ]);
    expect(differencesOf(grain, grain)).toEqual([]);
  });
});

describe("loadsOf", () => {
  const loads = loadsOf(run, study, layout);
  const node = (id: string) => layout.nodeIndex.get(id) as number;
  const link = (id: string) => layout.linkIndex.get(id) as number;

  it("gives links the utilisation of their services, by way", () => {
    expect(utilisationOf(loads, link("ferry"), false)).toBe(0.8);
    expect(utilisationOf(loads, link("ferry"), true)).toBe(0.2);
    expect(utilisationOf(loads, link("rail"), true)).toBe(0.4);
    expect(utilisationOf(loads, link("pipe"), false)).toBeNull();
  });

  it("counts waiting where it is waited, pooled services once", () => {
    expect(loads.waiting.get(node("AZALA"))).toBe(17);
    expect(loads.waiting.get(node("KZSCO"))).toBe(30);
    expect(loads.nodes.get(node("AZALA"))).toBe(0.9);
  });
});

describe("throughputOf", () => {
  it("is half of what the links of a place carry", () => {
    const throughput = throughputOf(streamsOf(run, layout, ALL), layout);
    expect(throughput[layout.nodeIndex.get("AZALA") as number]).toBe(525);
    expect(throughput[layout.nodeIndex.get("GEPTI") as number]).toBe(0);
  });
});

describe("ribbons", () => {
  it("are as wide as the root of the volume", () => {
    expect(widthOf(25, 100)).toBeCloseTo(widthOf(100, 100) / 2);
    expect(widthOf(-25, 100)).toBe(widthOf(25, 100));
    expect(widthOf(1e-6, 100)).toBeGreaterThan(0);
  });

  it("lie side by side without overlap, each to the right of its way", () => {
    const ribbons = layRibbons(streamsOf(run, layout, ALL), layout, 500);
    const onWater = ribbons.filter(({ stream }) => layout.links[stream.link]?.bundle === 0);
    // To the right of Aktau-Alat: of the ferry ahead, of the feeder back.
    const sides = onWater.map(({ stream, offset, width }) => {
      const outward = layout.links[stream.link]?.id === "ferry" ? offset : -offset;
      return [outward - width / 2, outward + width / 2] as const;
    });
    const sorted = sides.sort((a, b) => a[0] - b[0]);
    expect(sorted.length).toBe(3);
    for (let i = 1; i < sorted.length; i++) {
      expect(sorted[i]?.[0]).toBeGreaterThanOrEqual((sorted[i - 1]?.[1] as number) - 1e-9);
    }
    expect(sorted.filter(([inner]) => inner > 0).length).toBe(2);
  });

  it("widen with the scale, within limits", () => {
    expect(widening(1)).toBe(1);
    expect(widening(1000)).toBe(widening(2000));
    expect(widening(0.5)).toBeLessThan(1);
  });

  it("have round volumes in the legend", () => {
    expect([3, 10, 0.7, 61_000, 0].map(roundVolume)).toEqual([5, 10, 1, 100_000, 0]);
  });
});

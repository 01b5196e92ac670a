import { describe, expect, it } from "vitest";
import type { RouteAnswer, RouteItinerary } from "../src/contract";
import { streamsOf } from "../src/map/flows";
import { makeLayout } from "../src/map/layout";
import { CORRIDOR_COLOURS, corridorNumbers, type PageColours, wayColour } from "../src/map/palette";
import { pick } from "../src/map/pick";
import { boxOfItinerary, drawAnswer } from "../src/map/routes";
import { makeScene, type SceneInput } from "../src/map/scene";
import { framedSvg, mapSvg } from "../src/map/svg";
import { SvgPainter } from "../src/map/svgPainter";
import { fitBox } from "../src/map/view";
import { smallRun, smallStudy } from "./map-samples";

const study = smallStudy();
const layout = makeLayout(study);
const COLOURS: PageColours = {
  theme: "light",
  land: "#f4f2ec",
  water: "#d8e4ec",
  landLine: "#b5b3a9",
  ink: "#18222c",
  inkSoft: "#4a5663",
  panel: "#ffffff",
  accent: "#0b5a86",
  bad: "#ad261d",
  sans: "sans-serif",
};
const INPUT: SceneInput = {
  layout,
  base: null,
  colours: COLOURS,
  streams: streamsOf(smallRun(), layout, {
    commodity: null,
    direction: "both",
    corridor: null,
    unit: "kt",
  }),
  most: 500,
  reading: "corridor",
  withFlows: true,
  loads: null,
  corridorNumbers: corridorNumbers(study.table("corridor")),
  avoided: new Set(),
  closed: new Set(),
};
const size = { width: 800, height: 600 };
const view = fitBox(layout.plane.home, size);
const scene = makeScene(INPUT);

describe("makeScene", () => {
  it("colours by the corridor with most, and keeps links without flow thin", () => {
    const ferry = scene.ribbons.find(({ stream }) => stream.link === 0);
    expect(ferry?.colour).toBe(CORRIDOR_COLOURS.light[0]);
    expect(scene.idle.map((link) => layout.links[link]?.id)).toEqual(["pipe"]);
  });

  it("draws no flows where they are not wanted", () => {
    const plain = makeScene({ ...INPUT, withFlows: false });
    expect(plain.ribbons).toEqual([]);
    expect(plain.idle.length).toBe(4);
  });
});

describe("pick", () => {
  const placeOf = (id: string) => {
    const node = layout.nodes[layout.nodeIndex.get(id) as number];
    return [(node?.x ?? 0) * view.k + view.x, (node?.y ?? 0) * view.k + view.y] as const;
  };

  it("finds places before links", () => {
    const [x, y] = placeOf("AZALA");
    expect(pick(scene, view, x + 2, y)).toEqual({ kind: "node", id: "AZALA" });
  });

  it("finds the ribbon that the pointer is on", () => {
    const [ax, ay] = placeOf("AZALA");
    const [bx, by] = placeOf("GETBS");
    const at = [(ax + bx) / 2, (ay + by) / 2] as const;
    expect(pick(scene, view, ...at)).toEqual({ kind: "link", id: "rail" });
  });

  it("finds nothing far from everything", () => {
    expect(pick(scene, view, 3, 3)).toBeNull();
  });
});

describe("mapSvg", () => {
  it("draws ribbons, places and names, and escapes what it is given", () => {
    const picture = mapSvg(scene, view, size, null, 'Flows <"2024"> & more');
    expect(picture).toContain("<title>Flows &lt;&quot;2024&quot;&gt; &amp; more</title>");
    expect(picture).toContain(`stroke="${CORRIDOR_COLOURS.light[0]}"`);
    expect(picture).toContain(">Aktau sea port</text>");
    expect(picture).not.toContain("NaN");
  });
});

describe("framedSvg", () => {
  it("has the title, the legend and the credit round the map", () => {
    const picture = framedSvg(scene, view, size, null, {
      title: "As it was",
      subtitle: "Westbound",
      key: [
        {
          id: "closed",
          title: "Closed to transit",
          entries: [
            {
              text: "in this run",
              height: 18,
              paint: (painter, x, y) => painter.hatch("M-9-6H9V6H-9Z", { k: 1, x, y }, "#ad261d"),
            },
          ],
          note: "A note that is so long that it does not stay on one line of the legend",
        },
      ],
      credit: "Boundaries: Natural Earth",
      description: "Map of a study",
    });
    for (const text of ["As it was", "Westbound", "Closed to transit", "in this run"]) {
      expect(picture).toContain(`>${text}</text>`);
    }
    expect(picture).toContain("<title>Map of a study</title>");
    expect(picture).toContain(">Boundaries: Natural Earth</text>");
    expect(picture).not.toContain("NaN");
    expect(picture).not.toContain("on one line of the legend");
    const ids = [...picture.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

const way = (rank: number, ...course: [string, string][]): RouteItinerary => ({
  rank,
  corridor: null,
  countries: [],
  days_mean: 1,
  days_p50: null,
  days_p90: null,
  cost_usd_t: 1,
  cost_usd_teu: null,
  cost_parts_usd_t: {},
  inventory_usd_t: 0,
  co2_kg_t: 0,
  co2_wtt_kg_t: 0,
  co2_ttw_kg_t: 0,
  on_time: null,
  borders: 0,
  gauge_changes: 0,
  notices: [],
  legs: [
    {
      mode: "sea",
      from: null,
      to: null,
      service: null,
      operator: null,
      length_km: 1,
      moving_h: 1,
      waiting_h: 0,
      handling_h: 0,
      cost_usd_t: 1,
      co2_kg_t: 0,
      sources: [],
      course: course.map(([link_id, to]) => ({ link_id, to })),
    },
  ],
});
const place = { asked: "", name: "", country: null, access_km: 0 };
const ANSWER: RouteAnswer = {
  origin: { ...place, node_id: "KZSCO", longitude: 51.2, latitude: 43.6 },
  destination: { ...place, node_id: "GETBS", longitude: 44.8, latitude: 41.7 },
  commodity: "boxes",
  depart: "2024-07-01",
  deadline: null,
  criteria: [],
  found: 2,
  notes: [],
  itineraries: [
    way(1, ["ferry", "AZALA"], ["rail", "GETBS"]),
    way(2, ["feeder", "AZALA"], ["rail", "GETBS"]),
  ],
};

describe("drawAnswer", () => {
  it("gives each itinerary its colour, and the chosen one the largest width", () => {
    const painter = new SvgPainter(size, "sans-serif");
    drawAnswer(painter, scene, view, ANSWER, 2);
    const picture = painter.finish("");
    const widths = (index: number) =>
      [...picture.matchAll(/stroke="([^"]+)" stroke-width="([^"]+)"/g)]
        .filter(([, colour]) => colour === wayColour(index, "light"))
        .map(([, , width]) => Number(width));
    expect(Math.max(...widths(1))).toBeGreaterThan(Math.max(...widths(0)));
  });

  it("draws itineraries that share a link beside each other", () => {
    const painter = new SvgPainter(size, "sans-serif");
    drawAnswer(painter, scene, view, ANSWER, null);
    const lines = painter.finish("").match(/<polyline[^>]*points="([^"]+)"/g) ?? [];
    expect(lines.length).toBe(4);
    expect(new Set(lines).size).toBe(4);
  });

  it("tells which part of the plane an itinerary takes", () => {
    const box = boxOfItinerary(ANSWER, ANSWER.itineraries[0] as RouteItinerary, layout);
    const alat = layout.nodes[layout.nodeIndex.get("AZALA") as number];
    expect(box.bottom).toBeCloseTo(alat?.y as number);
    expect(box.left).toBeLessThan(box.right);
  });
});

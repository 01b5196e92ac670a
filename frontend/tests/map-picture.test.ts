import { describe, expect, it } from "vitest";
import { streamsOf } from "../src/map/flows";
import { makeLayout } from "../src/map/layout";
import { CORRIDOR_COLOURS, corridorNumbers, type PageColours } from "../src/map/palette";
import { pick } from "../src/map/pick";
import { makeScene, type SceneInput } from "../src/map/scene";
import { mapSvg } from "../src/map/svg";
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
    const picture = mapSvg(scene, view, size, 'Flows <"2024"> & more');
    expect(picture).toContain("<title>Flows &lt;&quot;2024&quot;&gt; &amp; more</title>");
    expect(picture).toContain(`stroke="${CORRIDOR_COLOURS.light[0]}"`);
    expect(picture).toContain(">Aktau sea port</text>");
    expect(picture).not.toContain("NaN");
  });
});

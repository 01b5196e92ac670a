import { describe, expect, it } from "vitest";
import { makePlane, middleOfPlaces } from "../src/map/plane";
import { between, centred, fitBox, fitHome, visible } from "../src/map/view";

const PLACES: [number, number][] = [
  [109, 34],
  [51.2, 43.6],
  [49.4, 40],
  [6.8, 51.4],
  [18.3, -34.8],
];

describe("makePlane", () => {
  it("has the middle of the places at its origin, north up and east right", () => {
    const plane = makePlane(PLACES);
    const [longitude, latitude] = middleOfPlaces(PLACES);
    const [x, y] = plane.project(longitude, latitude);
    expect(Math.hypot(x, y)).toBeLessThan(1e-6);
    expect(plane.project(longitude, latitude + 5)[1]).toBeLessThan(0);
    expect(plane.project(longitude + 5, latitude)[0]).toBeGreaterThan(0);
  });

  it("keeps areas equal", () => {
    const plane = makePlane(PLACES);
    const area = (lon: number, lat: number) => {
      const side = 0.01;
      const corners = [
        [lon, lat],
        [lon + side / Math.cos((lat * Math.PI) / 180), lat],
        [lon, lat + side],
      ].map(([a, b]) => plane.project(a as number, b as number));
      const [p, q, r] = corners as [number, number][] as [
        [number, number],
        [number, number],
        [number, number],
      ];
      return Math.abs((q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1]));
    };
    expect(area(18, -34) / area(52, 42)).toBeCloseTo(1, 2);
    expect(area(110, 34) / area(10, 50)).toBeCloseTo(1, 2);
  });

  it("takes back what it projects", () => {
    const plane = makePlane(PLACES);
    const [longitude, latitude] = plane.invert(...plane.project(51.2, 43.6));
    expect(longitude).toBeCloseTo(51.2);
    expect(latitude).toBeCloseTo(43.6);
  });

  it("stands for one place, and for none", () => {
    for (const places of [[[51.2, 43.6]], []] as [number, number][][]) {
      const { home } = makePlane(places);
      expect(home.right).toBeGreaterThan(home.left);
      expect(Number.isFinite(fitBox(home, { width: 800, height: 600 }).k)).toBe(true);
    }
  });
});

describe("view", () => {
  const size = { width: 800, height: 400 };
  const box = { left: -10, top: 20, right: 30, bottom: 30 };

  it("shows a box in the middle", () => {
    const view = fitBox(box, size);
    const seen = visible(view, size);
    expect(seen.left).toBeLessThan(box.left);
    expect(seen.right).toBeGreaterThan(box.right);
    expect((seen.left + seen.right) / 2).toBeCloseTo(10);
    expect((seen.top + seen.bottom) / 2).toBeCloseTo(25);
  });

  it("flies from one view to another", () => {
    const from = centred(0, 0, 1, size);
    const to = centred(100, 50, 4, size);
    expect(between(from, to, 1, size)).toEqual(to);
    expect(between(from, to, 0, size).k).toBe(1);
    const half = between(from, to, 0.5, size);
    expect(half.k).toBeCloseTo(2);
    expect((size.width / 2 - half.x) / half.k).toBeCloseTo(50);
  });
});

describe("fitHome", () => {
  const home = { left: 0, right: 100, top: 0, bottom: 20 };
  const size = { width: 148, height: 128 };
  const heldBy = (places: [number, number][]) => visible(fitHome({ home, places }, size), size);

  it("gives the room beside the home to the places that it can hold", () => {
    const seen = heldBy([
      [50, 10],
      [40, 60],
      [60, -200],
    ]);
    expect(seen.bottom).toBeGreaterThan(60);
    expect(seen.top).toBeLessThan(0);
    expect((seen.top + seen.bottom) / 2).toBeCloseTo(30);
  });

  it("is the home in the middle where there is nothing else", () => {
    expect(fitHome({ home, places: [] }, size)).toEqual(fitBox(home, size));
  });
});

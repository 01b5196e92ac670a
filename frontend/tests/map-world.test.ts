/// <reference types="node" />
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { geoContains } from "d3-geo";
import { beforeAll, describe, expect, it } from "vitest";
import { makePlane } from "../src/map/plane";
import { type BaseMap, projectWorld } from "../src/map/world";

const frontend = fileURLToPath(new URL("..", import.meta.url));
let base: BaseMap;

beforeAll(() => {
  execFileSync(process.execPath, ["tools/world.mjs"], { cwd: frontend });
  const world = JSON.parse(readFileSync(`${frontend}/public/world.json`, "utf8"));
  const plane = makePlane([
    [109, 34],
    [49.4, 40],
    [6.8, 51.4],
  ]);
  base = projectWorld(world, plane);
});

function countryAt(longitude: number, latitude: number): string | null {
  const found = base.countries.filter(({ feature }) => geoContains(feature, [longitude, latitude]));
  expect(found.length).toBeLessThan(2);
  return found[0]?.code ?? null;
}

describe("world.json", () => {
  it("has the countries of the corridors by their codes", () => {
    expect(countryAt(71.4, 51.1)).toBe("KZ");
    expect(countryAt(48, 40.5)).toBe("AZ");
    expect(countryAt(44.8, 41.7)).toBe("GE");
    expect(countryAt(104, 36)).toBe("CN");
    expect(countryAt(37.6, 55.7)).toBe("RU");
  });

  it("has Crimea in Ukraine", () => {
    expect(countryAt(34.1, 45)).toBe("UA");
    expect(countryAt(35.5, 45.2)).toBe("UA");
    expect(countryAt(37.5, 45.1)).toBe("RU");
    expect(countryAt(32.5, 47)).toBe("UA");
  });

  it("has water in the Caspian, the Black Sea and the Gulf, and no Antarctica", () => {
    for (const [longitude, latitude] of [
      [50.5, 42],
      [52, 38],
      [34, 43.3],
      [52, 27],
      [0, -80],
    ] as const) {
      expect(countryAt(longitude, latitude)).toBeNull();
    }
  });

  it("draws boundaries between countries apart from the coasts", () => {
    expect(base.land.startsWith("M")).toBe(true);
    expect(base.borders.length).toBeLessThan(base.land.length);
  });
});

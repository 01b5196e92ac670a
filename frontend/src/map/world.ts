/** The coastlines and boundaries, from the report itself or from the server. */

import { feature, merge, mesh } from "topojson-client";
import type { GeometryCollection, MultiPolygon, Polygon, Topology } from "topojson-specification";
import type { Plane } from "./plane";

export type World = Topology<{ countries: GeometryCollection<{ name: string }> }>;

export interface Country {
  /** ISO 3166-1 alpha-2; null where the atlas has a part of a country without a code. */
  code: string | null;
  /** Projected when it is first asked for: few countries are ever drawn alone. */
  outline(): string;
  /** Where its name is written: the middle of its largest part; null if it is not in sight. */
  middle(): { x: number; y: number; area: number } | null;
  feature: GeoJSON.Feature;
}

/** The base map on the plane of a study. */
export interface BaseMap {
  land: string;
  borders: string;
  countries: Country[];
}

let loading: Promise<World> | null = null;

/** Return the coastlines; asked for once. */
export function loadWorld(): Promise<World> {
  loading ??= readWorld().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function readWorld(): Promise<World> {
  const inside = document.getElementById("world")?.textContent;
  if (inside) return JSON.parse(inside) as World;
  const answer = await fetch("./world.json");
  if (!answer.ok) throw new Error(`world.json: ${answer.status} ${answer.statusText}`);
  return (await answer.json()) as World;
}

/** Project the coastlines once, so that panning and zooming only move and scale them. */
export function projectWorld(world: World, plane: Plane): BaseMap {
  const { countries } = world.objects;
  const features = feature(world, countries).features;
  return {
    land: plane.outline(merge(world, countries.geometries as (MultiPolygon | Polygon)[])),
    borders: plane.outline(mesh(world, countries, (a, b) => a !== b)),
    countries: features.map((country) => ({
      code: typeof country.id === "string" ? country.id : null,
      outline: once(() => plane.outline(country)),
      middle: once(() => plane.middle(largestPart(country.geometry))),
      feature: country,
    })),
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function largestPart(geometry: GeoJSON.Geometry): GeoJSON.Geometry {
  if (geometry.type !== "MultiPolygon") return geometry;
  const sizes = geometry.coordinates.map(([outer]) => sizeOf(outer ?? []));
  const coordinates = geometry.coordinates[sizes.indexOf(Math.max(...sizes))] ?? [];
  return { type: "Polygon", coordinates };
}

/** Area of a ring in square degrees, which is enough to tell islands from the mainland. */
function sizeOf(ring: GeoJSON.Position[]): number {
  let doubled = 0;
  for (const [i, [x, y]] of ring.entries()) {
    const [nextX, nextY] = ring[(i + 1) % ring.length] as GeoJSON.Position;
    doubled += (x as number) * (nextY as number) - (nextX as number) * (y as number);
  }
  return Math.abs(doubled) / 2;
}

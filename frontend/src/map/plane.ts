/** The projection: an equal-area one, centred on the places of the study. */

import { type GeoPermissibleObjects, geoAzimuthalEqualArea, geoPath } from "d3-geo";
import type { Box } from "./view";

export interface Plane {
  project(longitude: number, latitude: number): [number, number];
  /** Longitude and latitude of a point of the plane. */
  invert(x: number, y: number): [number, number];
  /** The outline of a thing on the globe, as SVG writes paths. */
  outline(thing: GeoPermissibleObjects): string;
  /** Where the thing's middle is drawn, and how much of the plane it takes; null if cut off. */
  middle(thing: GeoPermissibleObjects): { x: number; y: number; area: number } | null;
  /** What is shown first: the middle of the study, without its outliers. */
  home: Box;
  places: readonly (readonly [number, number])[];
  /** All places, with room round them; nothing is drawn outside. */
  extent: Box;
}

/** Width of the home box on the plane; path strings have two decimals of this unit. */
const HOME_WIDTH = 1000;
/** Shares of the places left out on either side of the home box: far feeders and ocean routes. */
const OUTLYING = 0.02;
const HOME_MARGIN = 0.05;
const EXTENT_MARGIN = 0.6;
const DEGREE = Math.PI / 180;

/** Return longitude and latitude in the middle of places on the globe, in whole degrees. */
export function middleOfPlaces(places: readonly (readonly [number, number])[]): [number, number] {
  let [x, y, z] = [0, 0, 0];
  for (const [longitude, latitude] of places) {
    const ring = Math.cos(latitude * DEGREE);
    x += ring * Math.cos(longitude * DEGREE);
    y += ring * Math.sin(longitude * DEGREE);
    z += Math.sin(latitude * DEGREE);
  }
  if (x === 0 && y === 0 && z === 0) return [0, 0];
  const longitude = Math.atan2(y, x) / DEGREE;
  return [Math.round(longitude), Math.round(Math.atan2(z, Math.hypot(x, y)) / DEGREE)];
}

/** Return the box that leaves out a share of the points at every side, with a margin. */
function boxOf(points: readonly (readonly [number, number])[], share: number, margin: number): Box {
  if (points.length === 0) return { left: -1, top: -1, right: 1, bottom: 1 };
  const side = (axis: 0 | 1): [number, number] => {
    const sorted = points.map((point) => point[axis]).sort((a, b) => a - b);
    const skipped = Math.floor(share * sorted.length);
    const low = sorted[skipped] as number;
    const high = sorted[sorted.length - 1 - skipped] as number;
    const room = Math.max((high - low) * margin, 1e-3);
    return [low - room, high + room];
  };
  const [left, right] = side(0);
  const [top, bottom] = side(1);
  return { left, top, right, bottom };
}

/** Return a box with as much room on every side: a long one is looked at on a screen as any other. */
function widened({ left, top, right, bottom }: Box): Box {
  const room = EXTENT_MARGIN * Math.max(right - left, bottom - top);
  return { left: left - room, top: top - room, right: right + room, bottom: bottom + room };
}

/** Return the projection that suits places given by longitude and latitude. */
export function makePlane(places: readonly (readonly [number, number])[]): Plane {
  const [longitude, latitude] = middleOfPlaces(places);
  // Coastlines have points enough: adding more where they bend changes no picture, and took most
  // of the time to the first one.
  const projection = geoAzimuthalEqualArea()
    .rotate([-longitude, -latitude])
    .translate([0, 0])
    .precision(0);
  const project = (lon: number, lat: number): [number, number] => projection([lon, lat]) ?? [0, 0];
  const trial = boxOf(
    places.map(([lon, lat]) => project(lon, lat)),
    OUTLYING,
    HOME_MARGIN,
  );
  projection.scale((projection.scale() * HOME_WIDTH) / (trial.right - trial.left));
  const projected = places.map(([lon, lat]) => project(lon, lat));
  const home = boxOf(projected, OUTLYING, HOME_MARGIN);
  const extent = widened(boxOf(projected, 0, 0));
  projection.clipExtent([
    [extent.left, extent.top],
    [extent.right, extent.bottom],
  ]);
  const path = geoPath(projection).digits(2);
  return {
    project,
    invert: (x, y) => projection.invert?.([x, y]) ?? [0, 0],
    outline: (thing) => path(thing) ?? "",
    middle: (thing) => {
      const [x, y] = path.centroid(thing);
      return Number.isFinite(x) && Number.isFinite(y) ? { x, y, area: path.area(thing) } : null;
    },
    home,
    places: projected,
    extent,
  };
}

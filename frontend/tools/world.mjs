/**
 * Prepare the coastlines and boundaries of the map: public/world.json from world-atlas.
 *
 * Natural Earth draws boundaries as they are held; Crimea is moved to Ukraine here, as
 * resolution 68/262 of the General Assembly of the United Nations has it. Countries get their
 * ISO 3166-1 alpha-2 codes, by which studies name them.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { feature, mergeArcs } from "topojson-client";

const CRIMEA = [34.3, 45.3];
const RUSSIA = "RU";
const UKRAINE = "UA";
const ANTARCTICA = "AQ";
const MOST_GZIPPED_BYTES = 250_000;

/** ISO 3166-1 alpha-2 of a numeric code; Unicode's region aliases know all of them. */
function alpha2(numeric) {
  return numeric === undefined ? undefined : new Intl.Locale(`und-${numeric}`).region;
}

function contains(ring, [x, y]) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Move the polygon of a point from one country to another, and dissolve the line between. */
function movePolygon(topology, point, from, to) {
  const { geometries } = topology.objects.countries;
  const giver = geometries.find((country) => country.id === from);
  const taker = geometries.find((country) => country.id === to);
  const at = feature(topology, giver).geometry.coordinates.findIndex(([outer]) =>
    contains(outer, point),
  );
  if (at < 0) throw new Error(`no polygon of ${from} holds ${point}: the atlas has changed`);
  const [arcs] = giver.arcs.splice(at, 1);
  const merged = mergeArcs(topology, [taker, { type: "Polygon", arcs }]);
  Object.assign(taker, { type: merged.type, arcs: merged.arcs });
}

/** Leave out the arcs that no country uses, and number the others anew. */
function pruneArcs(topology) {
  const numbers = new Map();
  const renumber = (arcs) =>
    arcs.map((arc) => {
      if (Array.isArray(arc)) return renumber(arc);
      const index = arc < 0 ? ~arc : arc;
      if (!numbers.has(index)) numbers.set(index, numbers.size);
      return arc < 0 ? ~numbers.get(index) : numbers.get(index);
    });
  for (const country of topology.objects.countries.geometries)
    country.arcs = renumber(country.arcs);
  topology.arcs = [...numbers.keys()].map((index) => topology.arcs[index]);
}

function prepare(atlas) {
  const { type, transform, arcs } = atlas;
  const geometries = atlas.objects.countries.geometries.map((country) => ({
    type: country.type,
    id: alpha2(country.id),
    properties: { name: country.properties.name },
    arcs: country.arcs,
  }));
  const countries = {
    type: "GeometryCollection",
    geometries: geometries.filter((country) => country.id !== ANTARCTICA),
  };
  const topology = { type, transform, objects: { countries }, arcs };
  movePolygon(topology, CRIMEA, RUSSIA, UKRAINE);
  pruneArcs(topology);
  return topology;
}

const atlas = createRequire(import.meta.url).resolve("world-atlas/countries-50m.json");
const text = JSON.stringify(prepare(JSON.parse(readFileSync(atlas, "utf8"))));
const bytes = gzipSync(text).length;
if (bytes > MOST_GZIPPED_BYTES) {
  throw new Error(
    `world.json has ${bytes} bytes gzipped; at most ${MOST_GZIPPED_BYTES} are wanted`,
  );
}
const target = join(dirname(fileURLToPath(import.meta.url)), "..", "public", "world.json");
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, text);

/** The study on the plane of the map: places, and links as lines. */

import type { Study } from "../data/model";
import { type Line, makeLine, parseLineString } from "./geometry";
import { makePlane, type Plane } from "./plane";

export interface MapNode {
  id: string;
  name: string;
  kind: string;
  country: string | null;
  x: number;
  y: number;
  /** How many links meet here. */
  degree: number;
}

export interface MapLink {
  id: string;
  name: string;
  mode: string;
  from: number;
  to: number;
  line: Line;
  /** Links of one bundle share their course and are drawn side by side. */
  bundle: number;
}

export interface Layout {
  plane: Plane;
  nodes: MapNode[];
  links: MapLink[];
  nodeIndex: Map<string, number>;
  linkIndex: Map<string, number>;
  /** The link that each service runs on. */
  serviceLinks: Map<string, number>;
  /** Countries that the study has places in. */
  countries: Set<string>;
}

/** Project the places and links of a study, once. */
export function makeLayout(study: Study): Layout {
  const places = readPlaces(study);
  const plane = makePlane(places);
  const nodes = readNodes(study, places, plane);
  const nodeIndex = new Map(nodes.map((node, i) => [node.id, i]));
  const links = readLinks(study, nodes, nodeIndex, plane);
  for (const link of links) {
    for (const end of [link.from, link.to]) (nodes[end] as MapNode).degree += 1;
  }
  const linkIndex = new Map(links.map((link, i) => [link.id, i]));
  return {
    plane,
    nodes,
    links,
    nodeIndex,
    linkIndex,
    serviceLinks: readServices(study, linkIndex),
    countries: new Set(nodes.flatMap((node) => node.country ?? [])),
  };
}

function readPlaces(study: Study): [number, number][] {
  const table = study.table("node");
  if (table.rows === 0) return [];
  const longitude = table.column("x_coord");
  const latitude = table.column("y_coord");
  return Array.from({ length: table.rows }, (_, row) => [
    longitude.number(row) ?? 0,
    latitude.number(row) ?? 0,
  ]);
}

function readNodes(study: Study, places: [number, number][], plane: Plane): MapNode[] {
  const table = study.table("node");
  return places.map(([longitude, latitude], row) => {
    const text = (column: string) => (table.has(column) ? table.column(column).text(row) : null);
    const id = text("node_id") ?? "";
    const [x, y] = plane.project(longitude, latitude);
    const kind = text("kind") ?? "junction";
    return { id, name: text("name") ?? id, kind, country: text("country"), x, y, degree: 0 };
  });
}

function readLinks(
  study: Study,
  nodes: MapNode[],
  nodeIndex: Map<string, number>,
  plane: Plane,
): MapLink[] {
  const table = study.table("link");
  const bundles = new Map<string, number>();
  const links: MapLink[] = [];
  for (let row = 0; row < table.rows; row++) {
    const text = (column: string) => (table.has(column) ? table.column(column).text(row) : null);
    const from = nodeIndex.get(text("from_node_id") ?? "");
    const to = nodeIndex.get(text("to_node_id") ?? "");
    if (from === undefined || to === undefined) continue;
    const course = courseOf(text("geometry"), nodes[from] as MapNode, nodes[to] as MapNode, plane);
    const key = bundleKey(from, to, course.length);
    if (!bundles.has(key)) bundles.set(key, bundles.size);
    const bundle = bundles.get(key) as number;
    const id = text("link_id") ?? "";
    const line = makeLine(course);
    const mode = text("mode") ?? "";
    links.push({ id, name: text("name") ?? id, mode, from, to, line, bundle });
  }
  return links;
}

function readServices(study: Study, linkIndex: Map<string, number>): Map<string, number> {
  const table = study.table("service");
  const services = new Map<string, number>();
  for (let row = 0; row < table.rows; row++) {
    const link = linkIndex.get(table.column("link_id").text(row) ?? "");
    if (link !== undefined) services.set(table.column("service_id").text(row) ?? "", link);
  }
  return services;
}

/** Links between the same places share their course if it has as many points. */
function bundleKey(from: number, to: number, points: number): string {
  return `${Math.min(from, to)} ${Math.max(from, to)} ${points}`;
}

function courseOf(
  geometry: string | null,
  from: MapNode,
  to: MapNode,
  plane: Plane,
): [number, number][] {
  const given = geometry === null ? null : parseLineString(geometry);
  const inner = given ? given.slice(1, -1).map(([lon, lat]) => plane.project(lon, lat)) : [];
  return [[from.x, from.y], ...inner, [to.x, to.y]];
}

/** Return a place's name without what stands in brackets, as it is written on the map. */
export function nameOnMap(name: string): string {
  return name.replace(/\s*\([^)]*\)/g, "").trim() || name;
}

/** Where every shipment and vessel is at an hour of the playback. */

import type { Frame } from "../data/frame";
import { linksOf } from "../map/flows";
import { placeAlong } from "../map/geometry";
import type { Layout } from "../map/layout";

/** Movements of travellers (shipments, vessels) in flat arrays: by traveller, then by time. */
export interface Movements {
  /** Number of the first movement of each traveller, and at the end the number of movements. */
  first: Uint32Array;
  departH: Float64Array;
  arriveH: Float64Array;
  link: Int32Array;
  /** 1 where the link is travelled from its last node to its first. */
  reversed: Uint8Array;
  /** Corridor of each movement, as a number of `corridors`; -1: not known. */
  corridor: Int16Array;
  corridors: readonly string[];
  /** Of vessels: share of the capacity that is loaded, 0 to 1. */
  load: Float32Array;
}

/** Which rows are watched. */
export interface Watched {
  commodity: string | null;
  corridor: string | null;
}

const EVERYTHING: Watched = { commodity: null, corridor: null };

/** Prepare the table of movements of shipments. */
export function shipmentMovements(frame: Frame, layout: Layout, watched: Watched): Movements {
  return prepare(frame, layout, ["shipment"], watched);
}

/** Prepare the table of voyages of vessels and trains of services. */
export function vesselMovements(frame: Frame, layout: Layout): Movements {
  return prepare(frame, layout, ["service_id", "vessel"], EVERYTHING);
}

function prepare(frame: Frame, layout: Layout, keys: string[], watched: Watched): Movements {
  const travellers = numberTravellers(frame, keys);
  const rows = watchedRows(frame, layout, watched);
  const column = (name: string) => frame.column(name);
  const departs = (row: number) => column("depart_h").number(row) ?? 0;
  const traveller = (row: number) => travellers[row] as number;
  rows.sort((a, b) => traveller(a) - traveller(b) || departs(a) - departs(b));

  const reversed = (row: number) => {
    const link = layout.links[linkOf(frame, layout, row)];
    return Number(link?.from !== layout.nodeIndex.get(column("from_node_id").text(row) ?? ""));
  };
  const number = (name: string, row: number) =>
    frame.has(name) ? (column(name).number(row) ?? 0) : 0;
  const hasCorridor = frame.has("corridor");
  return {
    first: firstRows(rows.map(traveller)),
    departH: Float64Array.from(rows, departs),
    arriveH: Float64Array.from(rows, (row) => number("arrive_h", row)),
    link: Int32Array.from(rows, (row) => linkOf(frame, layout, row)),
    reversed: Uint8Array.from(rows, reversed),
    corridor: Int16Array.from(rows, (row) => (hasCorridor ? column("corridor").code(row) : -1)),
    corridors: hasCorridor ? column("corridor").levels : [],
    load: Float32Array.from(rows, (row) => number("load", row)),
  };
}

function linkOf(frame: Frame, layout: Layout, row: number): number {
  return layout.linkIndex.get(frame.column("link_id").text(row) ?? "") ?? -1;
}

/** Number travellers by their keys, in order of appearance. */
function numberTravellers(frame: Frame, keys: string[]): Uint32Array {
  const numbers = new Map<string, number>();
  const travellers = new Uint32Array(frame.rows);
  for (let row = 0; row < frame.rows; row++) {
    const key = keys.map((name) => frame.column(name).at(row)).join("\n");
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    travellers[row] = number;
  }
  return travellers;
}

function watchedRows(frame: Frame, layout: Layout, watched: Watched): number[] {
  const passes = (row: number) =>
    linkOf(frame, layout, row) >= 0 &&
    (watched.commodity === null || frame.column("commodity_id").text(row) === watched.commodity) &&
    (watched.corridor === null || frame.column("corridor").text(row) === watched.corridor);
  return Array.from({ length: frame.rows }, (_, row) => row).filter(passes);
}

function firstRows(travellers: number[]): Uint32Array {
  const first: number[] = [];
  travellers.forEach((traveller, i) => {
    if (i === 0 || traveller !== travellers[i - 1]) first.push(i);
  });
  return Uint32Array.from([...first, travellers.length]);
}

/** Who is where: the first `count` of every array. */
export interface Places {
  count: number;
  /** On the plane of the map. */
  x: Float64Array;
  y: Float64Array;
  /** Direction of travel, of length 1. */
  headingX: Float64Array;
  headingY: Float64Array;
  /** Number of the movement that the traveller makes, or made last. */
  movement: Uint32Array;
  /** 1 on the way, 0 while it waits at the place that it has reached. */
  moving: Uint8Array;
}

export function makePlaces(movements: Movements): Places {
  const most = movements.first.length - 1;
  return {
    count: 0,
    x: new Float64Array(most),
    y: new Float64Array(most),
    headingX: new Float64Array(most),
    headingY: new Float64Array(most),
    movement: new Uint32Array(most),
    moving: new Uint8Array(most),
  };
}

/** Return the number of the last movement that has begun at an hour, or -1. */
function lastBegun(movements: Movements, traveller: number, hour: number): number {
  const start = movements.first[traveller] as number;
  let low = start;
  let high = movements.first[traveller + 1] as number;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((movements.departH[middle] as number) <= hour) low = middle + 1;
    else high = middle;
  }
  return low > start ? low - 1 : -1;
}

const found = new Float64Array(4);

/** Write to `places` where the travellers are at an hour; who has not left or is done is left out. */
export function placesAt(
  movements: Movements,
  layout: Layout,
  hour: number,
  places: Places,
): Places {
  const travellers = movements.first.length - 1;
  places.count = 0;
  for (let traveller = 0; traveller < travellers; traveller++) {
    const movement = lastBegun(movements, traveller, hour);
    if (movement < 0) continue;
    const arrive = movements.arriveH[movement] as number;
    const done = movement + 1 === movements.first[traveller + 1];
    if (hour > arrive && done) continue;
    const line = layout.links[movements.link[movement] as number]?.line;
    if (!line) continue;
    const depart = movements.departH[movement] as number;
    const share = arrive > depart ? Math.min((hour - depart) / (arrive - depart), 1) : 1;
    placeAlong(line, share, movements.reversed[movement] === 1, found);
    const at = places.count++;
    places.x[at] = found[0] as number;
    places.y[at] = found[1] as number;
    places.headingX[at] = found[2] as number;
    places.headingY[at] = found[3] as number;
    places.movement[at] = movement;
    places.moving[at] = Number(hour <= arrive);
  }
  return places;
}

/** Waiting shipments by node and day. */
export interface Queues {
  days: number;
  /** Of each node with a queue: those waiting at the end of every day. */
  waiting: Map<number, Float32Array>;
  most: number;
}

/** Sum the queues of a playback by node. */
export function nodeQueues(frame: Frame, layout: Layout, days: number): Queues {
  const waiting = new Map<number, Float32Array>();
  for (let row = 0; row < frame.rows; row++) {
    const node = layout.nodeIndex.get(frame.column("node_id").text(row) ?? "");
    const day = frame.column("day").number(row);
    if (node === undefined || day === null || day < 0 || day >= days) continue;
    const ofNode = waiting.get(node) ?? new Float32Array(days);
    waiting.set(node, ofNode);
    ofNode[day] = (ofNode[day] as number) + (frame.column("waiting").number(row) ?? 0);
  }
  const most = Math.max(0, ...[...waiting.values()].map((values) => values.reduce(larger, 0)));
  return { days, waiting, most };
}

function larger(a: number, b: number): number {
  return Math.max(a, b);
}

/** Return how many wait at an hour, between the ends of the days before and after it. */
export function waitingAt(waiting: Float32Array, hour: number): number {
  // Day 0 ends at hour 24; before that the queue grows from nothing.
  const day = hour / 24 - 1;
  const before = Math.floor(day);
  const share = day - before;
  const at = (index: number) => waiting[Math.min(index, waiting.length - 1)] ?? 0;
  return at(before) * (1 - share) + at(before + 1) * share;
}

export interface Closure {
  /** On the plane of the map. */
  x: number;
  y: number;
  fromH: number;
  untilH: number;
}

/** Return what was shut, where it can be drawn: at its place, or in the middle of its link. */
export function placedClosures(frame: Frame, layout: Layout): Closure[] {
  const closures: Closure[] = [];
  for (let row = 0; row < frame.rows; row++) {
    const place = placeOfClosure(frame, layout, row);
    const fromH = frame.column("from_h").number(row);
    const untilH = frame.column("until_h").number(row);
    if (place && fromH !== null && untilH !== null) closures.push({ ...place, fromH, untilH });
  }
  return closures;
}

function placeOfClosure(
  frame: Frame,
  layout: Layout,
  row: number,
): { x: number; y: number } | null {
  const text = (name: string) => frame.column(name).text(row) ?? "";
  const node = layout.nodes[layout.nodeIndex.get(text("node_id")) ?? -1];
  if (node) return { x: node.x, y: node.y };
  const [link] = linksOf(text("kind"), text("element"), layout);
  const line = layout.links[link ?? -1]?.line;
  if (!line) return null;
  placeAlong(line, 0.5, false, found);
  return { x: found[0] as number, y: found[1] as number };
}

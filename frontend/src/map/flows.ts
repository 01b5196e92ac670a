/** What flows along the links: by direction of travel, chosen by commodity and corridor. */

import type { Frame } from "../data/frame";
import type { Run, Study } from "../data/model";
import type { Direction } from "../state";
import type { Layout } from "./layout";

export interface Choice {
  commodity: string | null;
  direction: Direction;
  corridor: string | null;
  unit: "kt" | "kteu";
}

/** What travels a link one way: with `reversed` from its last node to its first. */
export interface Stream {
  link: number;
  reversed: boolean;
  /** Of the year, in the chosen unit; of a difference it may be negative. */
  volume: number;
  byCorridor: Map<string, number>;
}

/** Volumes below this (kt or kTEU a year) are what is left of a division, no flow. */
const LEAST_VOLUME = 1e-3;

function keyOf(link: number, reversed: boolean): number {
  return 2 * link + Number(reversed);
}

/** Return a test of rows by the text in a column; one that is null lets all pass. */
function chosen(flows: Frame, name: string, wanted: string | null): (row: number) => boolean {
  if (wanted === null || !flows.has(name)) return () => true;
  const column = flows.column(name);
  const code = column.levels.indexOf(wanted);
  return (row) => code >= 0 && column.code(row) === code;
}

/** Sum the flows of a run by link and direction of travel. */
export function streamsOf(run: Run, layout: Layout, choice: Choice): Stream[] {
  const flows = run.table("flows");
  if (flows.rows === 0) return [];
  const tests = [
    chosen(flows, "commodity_id", choice.commodity),
    chosen(flows, "direction", choice.direction === "both" ? null : choice.direction),
    chosen(flows, "corridor", choice.corridor),
  ];
  const links = flows.column("link_id");
  const from = flows.column("from_node_id");
  const corridors = flows.column("corridor");
  const volumes = flows.column(choice.unit);
  const streams = new Map<number, Stream>();
  for (let row = 0; row < flows.rows; row++) {
    const link = layout.linkIndex.get(links.text(row) ?? "");
    const volume = volumes.number(row);
    if (link === undefined || !volume || !tests.every((test) => test(row))) continue;
    const reversed = layout.links[link]?.from !== layout.nodeIndex.get(from.text(row) ?? "");
    const stream = streamAt(streams, link, reversed);
    const corridor = corridors.text(row) ?? "";
    stream.volume += volume;
    stream.byCorridor.set(corridor, (stream.byCorridor.get(corridor) ?? 0) + volume);
  }
  return [...streams.values()].filter((stream) => stream.volume >= LEAST_VOLUME);
}

function streamAt(streams: Map<number, Stream>, link: number, reversed: boolean): Stream {
  const key = keyOf(link, reversed);
  let stream = streams.get(key);
  if (!stream) {
    stream = { link, reversed, volume: 0, byCorridor: new Map() };
    streams.set(key, stream);
  }
  return stream;
}

/** Return by how much the streams of one run exceed those of another; both may be incomplete. */
export function differencesOf(streams: Stream[], others: Stream[]): Stream[] {
  const differences = new Map<number, Stream>();
  for (const [part, sign] of [
    [streams, 1],
    [others, -1],
  ] as const) {
    for (const { link, reversed, volume } of part) {
      streamAt(differences, link, reversed).volume += sign * volume;
    }
  }
  return [...differences.values()].filter((stream) => Math.abs(stream.volume) >= LEAST_VOLUME);
}

/** Return the corridor that has most of a stream. */
export function dominantCorridor(stream: Stream): string | null {
  let best: string | null = null;
  let most = 0;
  for (const [corridor, volume] of stream.byCorridor) {
    if (volume > most) [best, most] = [corridor, volume];
  }
  return best;
}

/** Names of services that share a queue are joined by this in the table of elements. */
const POOL_MARK = " + ";

/** Load of what has a capacity, by place on the map. */
export interface Loads {
  /** Highest utilisation of each link and of the services on it, by link and way. */
  links: Map<number, number>;
  /** Highest utilisation of a node's terminals. */
  nodes: Map<number, number>;
  /** Waiting at each node, for terminals and for services, kt h in the year. */
  waiting: Map<number, number>;
}

/** Return the utilisation of a stream's link in its direction, or null without a capacity. */
export function utilisationOf(loads: Loads, link: number, reversed: boolean): number | null {
  return loads.links.get(keyOf(link, reversed)) ?? null;
}

/** How full an element is, and how much waits at it, kt h in the year. */
export interface ElementLoad {
  element: string;
  kind: string | null;
  /** null: both ways together. */
  forward: unknown;
  utilisation: number;
  waiting: number;
}

/** Collect the loads of a run's elements by link and node. */
export function loadsOf(run: Run, study: Study, layout: Layout): Loads {
  const table = run.table("elements");
  const column = (name: string) => table.column(name);
  const elements = Array.from({ length: table.rows }, (_, row) => ({
    element: column("element").text(row) ?? "",
    kind: column("kind").text(row),
    forward: column("forward").at(row),
    utilisation: column("utilisation").number(row) ?? 0,
    waiting: column("waiting_kt_h").number(row) ?? 0,
  }));
  return loadsByPlace(elements, study, layout);
}

/** Collect the loads of elements by link and node. */
export function loadsByPlace(elements: Iterable<ElementLoad>, study: Study, layout: Layout): Loads {
  const loads: Loads = { links: new Map(), nodes: new Map(), waiting: new Map() };
  for (const load of elements) {
    const { element, kind, utilisation, waiting } = load;
    if (kind === "terminal") {
      const node = placeOf(study, layout, element);
      if (node === undefined) continue;
      raise(loads.nodes, node, utilisation);
      loads.waiting.set(node, (loads.waiting.get(node) ?? 0) + waiting);
    } else {
      addLinkLoad(loads, layout, linksOf(kind, element, layout), load);
    }
  }
  return loads;
}

function placeOf(study: Study, layout: Layout, terminal: string): number | undefined {
  const node = study.row("terminal", "terminal_id", terminal)?.node_id;
  return layout.nodeIndex.get(String(node));
}

/** Return the links of an element that is a link, or a service or several in one pool. */
export function linksOf(kind: string | null, name: string, layout: Layout): number[] {
  const links =
    kind === "service"
      ? name.split(POOL_MARK).map((service) => layout.serviceLinks.get(service))
      : [layout.linkIndex.get(name)];
  return [...new Set(links.flatMap((link) => link ?? []))];
}

function addLinkLoad(
  loads: Loads,
  layout: Layout,
  links: number[],
  load: { forward: unknown; utilisation: number; waiting: number },
): void {
  for (const [i, link] of links.entries()) {
    if (load.forward !== false) raise(loads.links, keyOf(link, false), load.utilisation);
    if (load.forward !== true) raise(loads.links, keyOf(link, true), load.utilisation);
    const ends = layout.links[link];
    const start = load.forward === false ? ends?.to : ends?.from;
    if (i === 0 && start !== undefined) {
      loads.waiting.set(start, (loads.waiting.get(start) ?? 0) + load.waiting);
    }
  }
}

function raise(values: Map<number, number>, key: number, value: number): void {
  values.set(key, Math.max(values.get(key) ?? 0, value));
}

/** Return how much passes each node in the year: half of what its links bring and take. */
export function throughputOf(streams: Stream[], layout: Layout): Float64Array {
  const throughput = new Float64Array(layout.nodes.length);
  for (const { link, volume } of streams) {
    const { from, to } = layout.links[link] as { from: number; to: number };
    throughput[from] = (throughput[from] as number) + Math.abs(volume) / 2;
    throughput[to] = (throughput[to] as number) + Math.abs(volume) / 2;
  }
  return throughput;
}

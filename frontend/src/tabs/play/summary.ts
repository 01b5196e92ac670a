/** What a playback comes to at an hour, and where in it there is something to see. */

import type { Frame } from "../../data/frame";
import type { PlaybackFrames } from "../../data/model";

/** How many shipments are between two places, by corridor. */
export interface Moving {
  corridor: string;
  shipments: number;
}

export interface Waiting {
  element: string;
  kind: string;
  /** null: both directions share what they wait for. */
  forward: boolean | null;
  node_id: string;
  waiting: number;
}

/** The largest queue of a place, all its elements together. */
export interface Peak {
  node_id: string;
  day: number;
  waiting: number;
}

export interface Closure {
  from_h: number;
  until_h: number;
  /** What was shut at that time for this cause, and where the first of it is. */
  elements: { element: string; kind: string }[];
  node_id: string | null;
}

export interface ClosureGroup {
  cause: string;
  closures: Closure[];
}

/** Return how many of sorted numbers are not above a value. */
export function countUpTo(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Times {
  departures_h: Float64Array;
  arrivals_h: Float64Array;
}

function timesByCorridor(movements: Frame): Map<string, Times> {
  const found = new Map<string, { departures: number[]; arrivals: number[] }>();
  if (!movements.rows) return new Map();
  const corridor = movements.column("corridor");
  const [depart, arrive] = [movements.column("depart_h"), movements.column("arrive_h")];
  for (let row = 0; row < movements.rows; row++) {
    const name = corridor.text(row) ?? "";
    let times = found.get(name);
    if (!times) {
      times = { departures: [], arrivals: [] };
      found.set(name, times);
    }
    times.departures.push(depart.number(row) ?? 0);
    // A shipment still under way at the end of the playback does not arrive in it.
    times.arrivals.push(arrive.number(row) ?? Number.POSITIVE_INFINITY);
  }
  const busiestFirst = [...found].sort(([, a], [, b]) => b.arrivals.length - a.arrivals.length);
  return new Map(
    busiestFirst.map(([name, { departures, arrivals }]) => [
      name,
      {
        departures_h: Float64Array.from(departures).sort(),
        arrivals_h: Float64Array.from(arrivals).sort(),
      },
    ]),
  );
}

function waitingByDay(queues: Frame): Map<number, Waiting[]> {
  const days = new Map<number, Waiting[]>();
  if (!queues.rows) return days;
  const [element, kind] = [queues.column("element"), queues.column("kind")];
  const [forward, node] = [queues.column("forward"), queues.column("node_id")];
  const [day, waiting] = [queues.column("day"), queues.column("waiting")];
  for (let row = 0; row < queues.rows; row++) {
    const number = day.number(row) ?? 0;
    const way = forward.number(row);
    const rows = days.get(number) ?? [];
    days.set(number, rows);
    rows.push({
      element: element.text(row) ?? "",
      kind: kind.text(row) ?? "",
      forward: way === null ? null : way !== 0,
      node_id: node.text(row) ?? "",
      waiting: waiting.number(row) ?? 0,
    });
  }
  for (const rows of days.values()) rows.sort((a, b) => b.waiting - a.waiting);
  return days;
}

function peaksOf(days: ReadonlyMap<number, readonly Waiting[]>): Peak[] {
  const peaks = new Map<string, Peak>();
  for (const [day, rows] of days) {
    const sums = new Map<string, number>();
    for (const { node_id, waiting } of rows) {
      sums.set(node_id, (sums.get(node_id) ?? 0) + waiting);
    }
    for (const [node_id, waiting] of sums) {
      const before = peaks.get(node_id);
      const isLarger = !before || waiting > before.waiting;
      const isEarlier = before?.waiting === waiting && day < before.day;
      if (isLarger || isEarlier) peaks.set(node_id, { node_id, day, waiting });
    }
  }
  return [...peaks.values()].sort((a, b) => b.waiting - a.waiting || a.day - b.day);
}

function closureGroups(closures: Frame): ClosureGroup[] {
  const groups = new Map<string, Map<string, Closure>>();
  if (!closures.rows) return [];
  const [cause, element] = [closures.column("cause"), closures.column("element")];
  const [kind, node] = [closures.column("kind"), closures.column("node_id")];
  const [from, until] = [closures.column("from_h"), closures.column("until_h")];
  for (let row = 0; row < closures.rows; row++) {
    const why = cause.text(row) ?? "";
    const group = groups.get(why) ?? new Map<string, Closure>();
    groups.set(why, group);
    const from_h = from.number(row) ?? 0;
    const until_h = until.number(row) ?? Number.POSITIVE_INFINITY;
    const key = `${from_h} ${until_h}`;
    const closure = group.get(key) ?? { from_h, until_h, elements: [], node_id: node.text(row) };
    group.set(key, closure);
    closure.elements.push({ element: element.text(row) ?? "", kind: kind.text(row) ?? "" });
  }
  return [...groups]
    .map(([why, group]) => ({
      cause: why,
      closures: [...group.values()].sort((a, b) => a.from_h - b.from_h),
    }))
    .sort((a, b) => a.closures.length - b.closures.length || a.cause.localeCompare(b.cause));
}

/** A playback, sorted so that any hour of it is looked up quickly. */
export class PlaybackSummary {
  readonly peaks: Peak[];
  readonly closures: ClosureGroup[];
  private readonly times: Map<string, Times>;
  private readonly days: Map<number, Waiting[]>;

  constructor(private readonly playback: PlaybackFrames) {
    this.times = timesByCorridor(playback.movements);
    this.days = waitingByDay(playback.queues);
    this.peaks = peaksOf(this.days);
    this.closures = closureGroups(playback.closures);
  }

  /** How many shipments move at an hour, for every corridor, in an order that stays. */
  movingAt(hour: number): Moving[] {
    return [...this.times].map(([corridor, { departures_h, arrivals_h }]) => ({
      corridor,
      shipments:
        (countUpTo(departures_h, hour) - countUpTo(arrivals_h, hour)) *
        (this.playback.one_in[corridor] ?? 1),
    }));
  }

  /** The queues at the end of the day of an hour, the longest first. */
  waitingAt(hour: number): readonly Waiting[] {
    const day = Math.min(Math.floor(hour / 24), this.playback.days - 1);
    return this.days.get(day) ?? [];
  }
}

import { describe, expect, it } from "vitest";
import type { PackedColumn, PackedFrame, RunPage } from "../src/contract";
import { unpack } from "../src/data/frame";
import { type PlaybackFrames, Run } from "../src/data/model";
import { advance, dayAt, stepDays, tick, togglePlaying } from "../src/play/clock";
import { playHour, playing, playSpeed, run } from "../src/state";
import { countUpTo, PlaybackSummary } from "../src/tabs/play/summary";

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function texts(values: (string | null)[]): PackedColumn {
  const levels = [...new Set(values.filter((value) => value !== null))].sort();
  const codes = values.map((value) => (value === null ? 0xff : levels.indexOf(value)));
  return { levels, type: "u1", base64: base64(Uint8Array.from(codes)) };
}

function numbers(values: number[]): PackedColumn {
  const array = Float64Array.from(values);
  return { type: "f8", base64: base64(new Uint8Array(array.buffer)) };
}

function table(columns: Record<string, PackedColumn>, rows: number): PackedFrame {
  return { rows, columns };
}

const MOVEMENTS = table(
  {
    corridor: texts(["sea", "rail", "sea", "sea"]),
    depart_h: numbers([0, 1, 4, 5]),
    arrive_h: numbers([4, 6, 8, Number.NaN]),
  },
  4,
);
const QUEUES = table(
  {
    element: texts(["quay", "quay", "yard", "gate"]),
    kind: texts(["terminal", "terminal", "terminal", "terminal"]),
    forward: numbers([1, 1, 0, 1]),
    node_id: texts(["AKT", "AKT", "AKT", "BAK"]),
    day: numbers([0, 2, 2, 2]),
    waiting: numbers([3, 5, 4, 7]),
  },
  4,
);
const CLOSURES = table(
  {
    element: texts(["quay", "ship", "quay", "gate"]),
    kind: texts(["terminal", "service", "terminal", "terminal"]),
    node_id: texts(["AKT", "AKT", "AKT", "BAK"]),
    cause: texts(["storm", "storm", "night", "night"]),
    from_h: numbers([10, 10, 20, 44]),
    until_h: numbers([30, 30, 30, 54]),
  },
  4,
);

const FRAMES: PlaybackFrames = {
  start: "2024-01-01",
  days: 3,
  one_in: { sea: 10, rail: 10 },
  seed: 1,
  movements: unpack(MOVEMENTS),
  voyages: unpack(table({}, 0)),
  queues: unpack(QUEUES),
  closures: unpack(CLOSURES),
};

describe("the summary of a playback", () => {
  const summary = new PlaybackSummary(FRAMES);

  it("counts what moves, as counting row by row does", () => {
    const departs = [0, 1, 4, 5];
    const arrives = [4, 6, 8, Number.POSITIVE_INFINITY];
    for (const hour of [0, 0.5, 1, 3.9, 4, 5, 6, 9]) {
      const plain = departs.filter((depart, i) => depart <= hour && hour < (arrives[i] as number));
      const total = summary.movingAt(hour).reduce((sum, one) => sum + one.shipments, 0);
      expect(total).toBe(plain.length * 10);
    }
    expect(summary.movingAt(2)).toEqual([
      { corridor: "sea", shipments: 10 },
      { corridor: "rail", shipments: 10 },
    ]);
  });

  it("has the queues of a day, the longest first", () => {
    expect(summary.waitingAt(50).map((one) => one.waiting)).toEqual([7, 5, 4]);
    expect(summary.waitingAt(30)).toEqual([]);
    // The end of the last day still shows that day.
    expect(summary.waitingAt(72)).toHaveLength(3);
  });

  it("knows a queue that both directions share from those of one", () => {
    const shared = table(
      {
        element: texts(["track", "track"]),
        kind: texts(["link", "link"]),
        forward: numbers([Number.NaN, Number.NaN]),
        node_id: texts(["AKT", "BAK"]),
        day: numbers([0, 0]),
        waiting: numbers([3, 1]),
      },
      2,
    );
    const both = new PlaybackSummary({ ...FRAMES, queues: unpack(shared) });
    expect(both.waitingAt(0).map((one) => [one.node_id, one.forward])).toEqual([
      ["AKT", null],
      ["BAK", null],
    ]);
    expect(summary.waitingAt(50).map((one) => one.forward)).toEqual([true, true, false]);
  });

  it("knows the largest queue of each place, its elements together", () => {
    expect(summary.peaks).toEqual([
      { node_id: "AKT", day: 2, waiting: 9 },
      { node_id: "BAK", day: 2, waiting: 7 },
    ]);
  });

  it("groups closures by cause, and what was shut at once together", () => {
    expect(summary.closures.map((group) => [group.cause, group.closures.length])).toEqual([
      ["storm", 1],
      ["night", 2],
    ]);
    expect(summary.closures[0]?.closures[0]?.elements).toHaveLength(2);
  });

  it("of nothing is empty", () => {
    const none = unpack(table({}, 0));
    const empty = new PlaybackSummary({ ...FRAMES, movements: none, queues: none, closures: none });
    expect([empty.movingAt(1), empty.waitingAt(1), empty.peaks, empty.closures]).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
});

describe("counting sorted numbers", () => {
  it("includes those that are equal", () => {
    const sorted = Float64Array.from([1, 2, 2, 3]);
    expect([0, 1, 2, 2.5, 3, 9].map((value) => countUpTo(sorted, value))).toEqual([
      0, 1, 3, 3, 4, 4,
    ]);
    expect(countUpTo(new Float64Array(), 1)).toBe(0);
  });
});

describe("the clock", () => {
  const playback = {
    start: "2024-01-01",
    days: 3,
    one_in: { sea: 10, rail: 10 },
    seed: 1,
    movements: MOVEMENTS,
    voyages: table({}, 0),
    queues: QUEUES,
    closures: CLOSURES,
  };

  it("goes by its speed and stops at the end", () => {
    expect(advance(10, 500, 24, 72)).toBe(22);
    expect(advance(70, 1000, 24, 72)).toBe(72);
  });

  it("steps to the beginnings of days, and stays within the playback", () => {
    expect(stepDays(30, 1, 72)).toBe(48);
    expect(stepDays(30, -1, 72)).toBe(24);
    expect(stepDays(24, -1, 72)).toBe(0);
    expect(stepDays(0, -1, 72)).toBe(0);
    expect(stepDays(60, 1, 72)).toBe(72);
  });

  it("knows the day of an hour, over a leap day too", () => {
    expect(dayAt("2024-02-28", 47)).toBe("2024-02-29");
    expect(dayAt("2024-02-28T00:00:00", 48)).toBe("2024-03-01");
  });

  it("pauses at the end, and begins anew from there", () => {
    run.value = new Run({ tables: {}, playback } as unknown as RunPage);
    playHour.value = 71;
    playSpeed.value = 24;
    playing.value = true;
    tick(1000);
    expect([playHour.value, playing.value]).toEqual([72, false]);
    togglePlaying();
    expect([playHour.value, playing.value]).toEqual([0, true]);
    togglePlaying();
    expect(playing.value).toBe(false);
  });
});

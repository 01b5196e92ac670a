import { describe, expect, it } from "vitest";
import { unpack } from "../src/data/frame";
import { makeLayout } from "../src/map/layout";
import {
  makePlaces,
  nodeQueues,
  placedClosures,
  placesAt,
  shipmentMovements,
  vesselMovements,
  waitingAt,
} from "../src/play/movements";
import { pack, smallStudy } from "./map-samples";

const layout = makeLayout(smallStudy());
const COLUMNS = "shipment commodity_id corridor link_id from_node_id to_node_id depart_h arrive_h";
const ROWS: (string | number)[][] = [
  [7, "grain", "titr", "ferry", "KZSCO", "AZALA", 10, 30],
  [7, "grain", "titr", "rail", "AZALA", "GETBS", 50, 60],
  [9, "boxes", "lapis", "feeder", "KZSCO", "AZALA", 0, 20],
  [9, "boxes", "lapis", "ferry", "AZALA", "KZSCO", 20, 40],
];
const frame = unpack(pack(COLUMNS, ...ROWS));
const EVERYTHING = { commodity: null, corridor: null };

/** Where a shipment is, worked out row by row. */
function plainPlace(shipment: number, hour: number): [number, number] | null {
  const rows = ROWS.filter((row) => row[0] === shipment);
  const last = rows.at(-1);
  const begun = rows.filter((row) => Number(row[6]) <= hour).at(-1);
  if (!begun || (begun === last && hour > Number(begun[7]))) return null;
  const [, , , linkId, from, , depart, arrive] = begun;
  const link = layout.links[layout.linkIndex.get(String(linkId)) as number];
  if (!link) throw new Error(`no link ${linkId}`);
  const points: [number, number][] = [];
  for (let i = 0; i < link.line.points.length; i += 2) {
    points.push([link.line.points[i] as number, link.line.points[i + 1] as number]);
  }
  if (layout.nodes[link.from]?.id !== from) points.reverse();
  const lengths = points
    .slice(1)
    .map(([x, y], i) => Math.hypot(x - (points[i]?.[0] ?? 0), y - (points[i]?.[1] ?? 0)));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const share = Math.min((hour - Number(depart)) / (Number(arrive) - Number(depart)), 1);
  let left = share * total;
  for (const [i, length] of lengths.entries()) {
    const [start, end] = [points[i], points[i + 1]] as [[number, number], [number, number]];
    if (left <= length || i === lengths.length - 1) {
      const part = Math.min(left / length, 1);
      return [start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])];
    }
    left -= length;
  }
  return null;
}

describe("placesAt", () => {
  const movements = shipmentMovements(frame, layout, EVERYTHING);
  const places = makePlaces(movements);

  it("agrees with a plain computation at every hour", () => {
    for (let hour = -1; hour <= 70; hour += 0.5) {
      placesAt(movements, layout, hour, places);
      const expected = [7, 9].map((shipment) => plainPlace(shipment, hour)).filter(Boolean);
      expect(places.count, `hour ${hour}`).toBe(expected.length);
      expected.forEach((place, i) => {
        expect(places.x[i], `hour ${hour}`).toBeCloseTo(place?.[0] as number, 6);
        expect(places.y[i], `hour ${hour}`).toBeCloseTo(place?.[1] as number, 6);
      });
    }
  });

  it("tells those who move from those who wait", () => {
    placesAt(movements, layout, 40, places);
    const moving = [...places.moving.slice(0, places.count)];
    expect(moving).toEqual([0, 1]);
  });

  it("watches what is chosen", () => {
    const grain = shipmentMovements(frame, layout, { commodity: "grain", corridor: null });
    expect(grain.first.length - 1).toBe(1);
    const lapis = shipmentMovements(frame, layout, { commodity: null, corridor: "lapis" });
    expect([...lapis.departH]).toEqual([0, 20]);
  });
});

describe("vesselMovements", () => {
  it("sorts voyages by vessel and time", () => {
    const voyages = unpack(
      pack(
        "service_id vessel link_id from_node_id to_node_id depart_h arrive_h load",
        ["boat-1", 0, "ferry", "KZSCO", "AZALA", 30, 48, 0.5],
        ["boat-1", 1, "ferry", "KZSCO", "AZALA", 5, 23, 1],
        ["boat-1", 0, "ferry", "AZALA", "KZSCO", 0, 18, 0.25],
      ),
    );
    const vessels = vesselMovements(voyages, layout);
    expect([...vessels.first]).toEqual([0, 2, 3]);
    expect([...vessels.load]).toEqual([0.25, 0.5, 1]);
    expect([...vessels.reversed]).toEqual([1, 0, 0]);
  });
});

describe("queues", () => {
  const queues = nodeQueues(
    unpack(
      pack(
        "element node_id day waiting",
        ["quay", "AZALA", 0, 4],
        ["boat-1", "AZALA", 0, 2],
        ["boat-1", "AZALA", 2, 8],
        ["lost", "NOWHERE", 0, 99],
      ),
    ),
    layout,
    4,
  );
  const alat = queues.waiting.get(layout.nodeIndex.get("AZALA") as number) as Float32Array;

  it("are summed by place", () => {
    expect([...alat]).toEqual([6, 0, 8, 0]);
    expect(queues.most).toBe(8);
    expect(queues.waiting.size).toBe(1);
  });

  it("are those of the day's end, and change evenly between", () => {
    expect([0, 12, 24, 36, 48, 60, 72, 500].map((hour) => waitingAt(alat, hour))).toEqual([
      0, 3, 6, 3, 0, 4, 8, 0,
    ]);
  });
});

describe("placedClosures", () => {
  it("are at their place, or in the middle of their link", () => {
    const frame = unpack(
      pack(
        "element kind node_id from_h until_h",
        ["quay", "terminal", "KZSCO", 5, 9],
        ["rail", "link", null, 1, 2],
        ["boat-1 + boat-2", "service", null, 3, 4],
        ["KZ", "country", null, 0, 1],
      ),
    );
    const [atPort, onRail, onWater, ...others] = placedClosures(frame, layout);
    const at = (id: string) => layout.nodes[layout.nodeIndex.get(id) as number];
    expect(atPort).toEqual({ x: at("KZSCO")?.x, y: at("KZSCO")?.y, fromH: 5, untilH: 9 });
    expect(onRail?.x).toBeCloseTo(((at("AZALA")?.x ?? 0) + (at("GETBS")?.x ?? 0)) / 2);
    expect(onWater?.fromH).toBe(3);
    expect(others).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { type LabelWish, overlap, placeLabels } from "../src/map/labels";

const BOUNDS = { left: 0, top: 0, right: 400, bottom: 300 };
const wish = (text: string, x: number, y: number, importance: number): LabelWish => ({
  text,
  x,
  y,
  radius: 3,
  size: 11,
  importance,
});
const measure = ({ text }: LabelWish) => text.length * 6;

describe("placeLabels", () => {
  it("puts the most important first, and no two on one another", () => {
    const wishes = Array.from({ length: 60 }, (_, i) =>
      wish(`Place ${i}`, 150 + (i % 8) * 12, 100 + Math.floor(i / 8) * 9, i),
    );
    const labels = placeLabels(wishes, measure, BOUNDS, 100);
    expect(labels[0]?.wish.text).toBe("Place 59");
    expect(labels.length).toBeGreaterThan(3);
    const boxes = labels.map(({ wish: { text, x, y, size }, dx, dy, align }) => {
      const width = text.length * 6;
      const left = x + dx - (align === "start" ? 0 : align === "end" ? width : width / 2);
      return { left, right: left + width, top: y + dy - size / 2, bottom: y + dy + size / 2 };
    });
    for (const [i, box] of boxes.entries()) {
      for (const other of boxes.slice(i + 1)) expect(overlap(box, other)).toBe(false);
    }
  });

  it("stays within the picture, moving to the other side where it must", () => {
    const labels = placeLabels([wish("Shanghai", 395, 100, 1)], measure, BOUNDS, 10);
    expect(labels[0]?.align).toBe("end");
    expect(placeLabels([wish("Nowhere", 900, 100, 1)], measure, BOUNDS, 10)).toEqual([]);
  });

  it("writes at most so many, and none over what is taken", () => {
    const two = [wish("A", 50, 50, 2), wish("B", 250, 250, 1)];
    expect(placeLabels(two, measure, BOUNDS, 1).map(({ wish }) => wish.text)).toEqual(["A"]);
    expect(placeLabels(two, measure, BOUNDS, 2, [BOUNDS])).toEqual([]);
  });
});

/** Painting as SVG text: pictures for documents, and where there is no canvas. */

import {
  HATCH_DISTANCE,
  HATCH_WIDTH,
  type Lettering,
  type Paint,
  type Painter,
  type Stroke,
} from "./painter";
import type { Size, View } from "./view";

export class SvgPainter implements Painter {
  private readonly parts: string[] = [];
  private readonly hatches = new Map<string, string>();

  /** `name` is put before the names of patterns, where several pictures become one. */
  constructor(
    readonly size: Size,
    private readonly fontFamily: string,
    private readonly name = "map",
  ) {}

  outline(path: string, view: View, paint: Paint): void {
    if (!path) return;
    this.parts.push(`<path d="${path}" ${placed(view)} ${attributesOf(paint)}/>`);
  }

  hatch(path: string, view: View, colour: string): void {
    if (!path) return;
    const id = this.hatches.get(colour) ?? `${this.name}-hatch-${this.hatches.size}`;
    this.hatches.set(colour, id);
    const clip = `${this.name}-clip-${this.parts.length}`;
    const stroke = attributesOf({ stroke: { colour, width: 1.2 } });
    const { width, height } = this.size;
    // The pattern fills the picture and is cut to the outline, so that its grain is not scaled.
    this.parts.push(
      `<clipPath id="${clip}"><path d="${path}" ${placed(view, false)}/></clipPath>` +
        `<rect width="${width}" height="${height}" fill="url(#${id})" clip-path="url(#${clip})"/>` +
        `<path d="${path}" ${placed(view)} ${stroke}/>`,
    );
  }

  line(points: ArrayLike<number>, count: number, stroke: Stroke): void {
    if (count < 2) return;
    const pairs = Array.from({ length: count }, (_, i) =>
      pair(points[2 * i] as number, points[2 * i + 1] as number),
    );
    this.parts.push(`<polyline points="${pairs.join(" ")}" ${attributesOf({ stroke })}/>`);
  }

  polygon(points: readonly number[], paint: Paint): void {
    const pairs: string[] = [];
    for (let i = 0; i < points.length; i += 2) {
      pairs.push(pair(points[i] as number, points[i + 1] as number));
    }
    this.parts.push(`<polygon points="${pairs.join(" ")}" ${attributesOf(paint)}/>`);
  }

  circle(x: number, y: number, radius: number, paint: Paint): void {
    const place = `cx="${short(x)}" cy="${short(y)}" r="${short(radius)}"`;
    this.parts.push(`<circle ${place} ${attributesOf(paint)}/>`);
  }

  dots(points: ArrayLike<number>, count: number, radius: number, colour: string): void {
    for (let i = 0; i < count; i++) {
      this.circle(points[2 * i] as number, points[2 * i + 1] as number, radius, { fill: colour });
    }
  }

  text(text: string, x: number, y: number, lettering: Lettering): void {
    const { colour, halo, size, bold, spacing, align } = lettering;
    this.parts.push(
      `<text x="${short(x)}" y="${short(y)}" dominant-baseline="central" text-anchor="${align}" ` +
        `font-size="${size}"${bold ? ' font-weight="600"' : ""}` +
        `${spacing ? ` letter-spacing="${spacing}"` : ""} fill="${colour}" stroke="${halo}" ` +
        `stroke-width="3" stroke-linejoin="round" paint-order="stroke">${escaped(text)}</text>`,
    );
  }

  /** Put another picture on this one, its corner at a place; what reaches beyond it is cut off. */
  place(other: SvgPainter, x: number, y: number): void {
    const { width, height } = other.size;
    this.parts.push(
      `<svg x="${x}" y="${y}" width="${width}" height="${height}">${other.content()}</svg>`,
    );
  }

  /** Return the whole picture. */
  finish(title: string): string {
    const { width, height } = this.size;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      `width="${width}" height="${height}" font-family="${escaped(this.fontFamily)}">` +
      `<title>${escaped(title)}</title>${this.content()}</svg>`
    );
  }

  private content(): string {
    const patterns = [...this.hatches].map(([colour, id]) => hatchPattern(id, colour)).join("");
    return `<defs>${patterns}</defs>${this.parts.join("\n")}`;
  }
}

function hatchPattern(id: string, colour: string): string {
  const side = HATCH_DISTANCE;
  const lines = [-side, 0, side]
    .map((shift) => `M${shift - 1} ${side + 1}L${shift + side + 1} -1`)
    .join("");
  return (
    `<pattern id="${id}" width="${side}" height="${side}" patternUnits="userSpaceOnUse">` +
    `<path d="${lines}" stroke="${colour}" stroke-width="${HATCH_WIDTH}"/></pattern>`
  );
}

function placed(view: View, keepsStroke = true): string {
  const move = `transform="translate(${short(view.x)} ${short(view.y)}) scale(${view.k})"`;
  return keepsStroke ? `${move} vector-effect="non-scaling-stroke"` : move;
}

function attributesOf(paint: Paint): string {
  const fill = `fill="${paint.fill ?? "none"}"`;
  if (!paint.stroke) return fill;
  const { colour, width, dash } = paint.stroke;
  const dashes = dash ? ` stroke-dasharray="${dash.join(" ")}"` : "";
  return `${fill} stroke="${colour}" stroke-width="${short(width)}" stroke-linejoin="round"${dashes}`;
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function pair(x: number, y: number): string {
  return `${short(x)},${short(y)}`;
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] as string);
}

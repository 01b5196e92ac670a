/** Painting on a canvas. */

import {
  HATCH_DISTANCE,
  HATCH_WIDTH,
  type Lettering,
  type Paint,
  type Painter,
  type Stroke,
} from "./painter";
import type { View } from "./view";

const NO_DASH: number[] = [];

export class CanvasPainter implements Painter {
  private readonly outlines = new Map<string, Path2D>();
  private readonly dotImages = new Map<string, HTMLCanvasElement>();
  private readonly hatchings = new Map<string, CanvasPattern | null>();

  /** `ratio` is the number of pixels of the canvas in one pixel of the page. */
  constructor(
    readonly context: CanvasRenderingContext2D,
    public ratio: number,
    private readonly fontFamily: () => string,
  ) {
    context.lineJoin = "round";
    context.lineCap = "butt";
  }

  /** Begin a picture: pixels of the page from here on. */
  begin(ratio: number): void {
    this.ratio = ratio;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.lineJoin = "round";
  }

  outline(path: string, view: View, paint: Paint): void {
    const shape = this.shapeOf(path);
    this.onPlane(view, () => {
      if (paint.fill) {
        this.context.fillStyle = paint.fill;
        this.context.fill(shape);
      }
      if (paint.stroke) {
        this.setStroke(paint.stroke, 1 / view.k);
        this.context.stroke(shape);
      }
    });
  }

  hatch(path: string, view: View, colour: string): void {
    const shape = this.shapeOf(path);
    const pattern = this.patternOf(colour);
    if (!pattern) return;
    // The pattern keeps its grain on the screen, whatever the scale of the plane.
    pattern.setTransform(new DOMMatrix().scale(1 / view.k));
    this.onPlane(view, () => {
      this.context.fillStyle = pattern;
      this.context.fill(shape);
      this.setStroke({ colour, width: 1.2 }, 1 / view.k);
      this.context.stroke(shape);
    });
  }

  line(points: ArrayLike<number>, count: number, stroke: Stroke): void {
    if (count < 2) return;
    const { context } = this;
    context.beginPath();
    context.moveTo(points[0] as number, points[1] as number);
    for (let i = 1; i < count; i++) {
      context.lineTo(points[2 * i] as number, points[2 * i + 1] as number);
    }
    this.setStroke(stroke, 1);
    context.stroke();
  }

  polygon(points: readonly number[], paint: Paint): void {
    const { context } = this;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      context.lineTo(points[i] as number, points[i + 1] as number);
    }
    context.closePath();
    this.apply(paint);
  }

  circle(x: number, y: number, radius: number, paint: Paint): void {
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 2 * Math.PI);
    this.apply(paint);
  }

  dots(points: ArrayLike<number>, count: number, radius: number, colour: string): void {
    const { context, ratio } = this;
    const image = this.dotOf(radius, colour);
    const half = image.width / 2;
    // On whole pixels and without scaling, copying takes a fraction of the time.
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (let i = 0; i < count; i++) {
      const x = Math.round((points[2 * i] as number) * ratio - half);
      const y = Math.round((points[2 * i + 1] as number) * ratio - half);
      context.drawImage(image, x, y);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  /** Return the width of a text, in pixels. */
  measure(text: string, lettering: Lettering): number {
    this.setLetters(lettering);
    return this.context.measureText(text).width;
  }

  text(text: string, x: number, y: number, lettering: Lettering): void {
    const { context } = this;
    this.setLetters(lettering);
    context.textAlign = lettering.align === "middle" ? "center" : lettering.align;
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = lettering.halo;
    context.setLineDash(NO_DASH);
    context.strokeText(text, x, y);
    context.fillStyle = lettering.colour;
    context.fillText(text, x, y);
  }

  private setLetters({ bold, size, spacing }: Lettering): void {
    this.context.font = `${bold ? 600 : 400} ${size}px ${this.fontFamily()}`;
    this.context.letterSpacing = `${spacing ?? 0}px`;
  }

  /** Dots are painted once and then copied, which is several times as fast as arcs. */
  private dotOf(radius: number, colour: string): HTMLCanvasElement {
    const key = `${colour} ${radius} ${this.ratio}`;
    let dot = this.dotImages.get(key);
    if (!dot) {
      dot = dotImage(radius, colour, this.ratio);
      this.dotImages.set(key, dot);
    }
    return dot;
  }

  private shapeOf(path: string): Path2D {
    let shape = this.outlines.get(path);
    if (!shape) {
      shape = new Path2D(path);
      this.outlines.set(path, shape);
    }
    return shape;
  }

  private onPlane(view: View, draw: () => void): void {
    const { context, ratio } = this;
    context.setTransform(ratio * view.k, 0, 0, ratio * view.k, ratio * view.x, ratio * view.y);
    draw();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  private apply(paint: Paint): void {
    if (paint.fill) {
      this.context.fillStyle = paint.fill;
      this.context.fill();
    }
    if (paint.stroke) {
      this.setStroke(paint.stroke, 1);
      this.context.stroke();
    }
  }

  private setStroke(stroke: Stroke, scale: number): void {
    const { context } = this;
    context.strokeStyle = stroke.colour;
    context.lineWidth = stroke.width * scale;
    context.setLineDash(stroke.dash ? stroke.dash.map((part) => part * scale) : NO_DASH);
  }

  private patternOf(colour: string): CanvasPattern | null {
    let pattern = this.hatchings.get(colour);
    if (pattern === undefined) {
      pattern = this.context.createPattern(hatchTile(colour), "repeat");
      this.hatchings.set(colour, pattern);
    }
    return pattern;
  }
}

/** A square that repeats without seams: one slanting line, and its ends in the corners. */
function hatchTile(colour: string): HTMLCanvasElement {
  const tile = document.createElement("canvas");
  tile.width = HATCH_DISTANCE;
  tile.height = HATCH_DISTANCE;
  const context = tile.getContext("2d");
  if (context) {
    context.strokeStyle = colour;
    context.lineWidth = HATCH_WIDTH;
    for (const shift of [-HATCH_DISTANCE, 0, HATCH_DISTANCE]) {
      context.moveTo(shift - 1, HATCH_DISTANCE + 1);
      context.lineTo(shift + HATCH_DISTANCE + 1, -1);
    }
    context.stroke();
  }
  return tile;
}

function dotImage(radius: number, colour: string, ratio: number): HTMLCanvasElement {
  const image = document.createElement("canvas");
  image.width = image.height = Math.ceil(2 * (radius + 1) * ratio);
  const context = image.getContext("2d");
  if (context) {
    context.arc(image.width / 2, image.width / 2, radius * ratio, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
  }
  return image;
}

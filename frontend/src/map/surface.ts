/** The two canvases of the map: the ground with its marks, and over it what changes often. */

import { CanvasPainter } from "./canvasPainter";
import { chooseLabels, drawGround, drawMarks, drawNames, type PlaceWish } from "./draw";
import type { Label } from "./labels";
import { drawOverlay, type Overlay } from "./overlay";
import type { Scene } from "./scene";
import type { Size, View } from "./view";

/** Share of the picture by which the kept ground reaches beyond each of its sides. */
const RESERVE = 0.25;
/** While the map moves the kept ground is shown up to this much enlarged or reduced. */
const MOST_STRETCH = 2;
/** Milliseconds without movement after which the ground is drawn anew. */
const REST_MS = 140;

/** The drawn ground, kept so that moving the map only copies it. */
class Ground {
  private readonly canvas = document.createElement("canvas");
  private painter: CanvasPainter | null = null;
  private scene: Scene | null = null;
  private view: View = { k: 1, x: 0, y: 0 };
  private size: Size = { width: 0, height: 0 };
  private ratio = 1;

  constructor(private readonly fontFamily: () => string) {}

  /** Whether the kept ground can stand for a view; at rest only one of the same scale can. */
  serves(scene: Scene, view: View, size: Size, ratio: number, atRest: boolean): boolean {
    if (scene !== this.scene || ratio !== this.ratio) return false;
    const stretch = view.k / this.view.k;
    if (atRest && stretch !== 1) return false;
    if (stretch > MOST_STRETCH || stretch < 1 / MOST_STRETCH) return false;
    const { x, y } = this.placeIn(view);
    const right = x + this.size.width * stretch;
    const bottom = y + this.size.height * stretch;
    const covered = x <= 0 && y <= 0 && right >= size.width && bottom >= size.height;
    return covered || (!atRest && stretch < 1);
  }

  draw(scene: Scene, view: View, size: Size, ratio: number): void {
    const beyond = { x: size.width * RESERVE, y: size.height * RESERVE };
    this.size = { width: size.width + 2 * beyond.x, height: size.height + 2 * beyond.y };
    this.view = { k: view.k, x: view.x + beyond.x, y: view.y + beyond.y };
    this.scene = scene;
    this.ratio = ratio;
    setSize(this.canvas, this.size, ratio);
    const context = this.canvas.getContext("2d", { alpha: false });
    if (!context) return;
    this.painter ??= new CanvasPainter(context, ratio, this.fontFamily);
    this.painter.begin(ratio);
    drawGround(this.painter, scene, this.view, this.size);
  }

  copyTo(context: CanvasRenderingContext2D, view: View): void {
    const stretch = view.k / this.view.k;
    const { x, y } = this.placeIn(view);
    // Whole pixels of the screen, so that lines stay as sharp as they were drawn.
    const left = Math.round(x * this.ratio) / this.ratio;
    const top = Math.round(y * this.ratio) / this.ratio;
    const { width, height } = this.size;
    context.drawImage(this.canvas, left, top, width * stretch, height * stretch);
  }

  /** Where the left upper corner of the kept ground is shown. */
  private placeIn(view: View): { x: number; y: number } {
    const stretch = view.k / this.view.k;
    return { x: view.x - this.view.x * stretch, y: view.y - this.view.y * stretch };
  }
}

function setSize(canvas: HTMLCanvasElement, size: Size, ratio: number): void {
  const width = Math.round(size.width * ratio);
  const height = Math.round(size.height * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** Draws the map on a pair of canvases, at most once in a frame of the screen. */
export class Surface {
  private readonly below: CanvasPainter;
  private readonly above: CanvasPainter;
  private readonly ground: Ground;
  private scene: Scene | null = null;
  private overlay: Overlay | null = null;
  private view: View = { k: 1, x: 0, y: 0 };
  private size: Size = { width: 0, height: 0 };
  private labels: Label<PlaceWish>[] = [];
  private belowIsOld = true;
  private movedAt = -Infinity;
  private frame = 0;
  private rest = 0;

  /** `onDrawn` is called after every picture of a scene. */
  constructor(
    below: CanvasRenderingContext2D,
    above: CanvasRenderingContext2D,
    private readonly onDrawn: () => void,
  ) {
    const fontFamily = () => this.scene?.colours.sans ?? "sans-serif";
    this.below = new CanvasPainter(below, 1, fontFamily);
    this.above = new CanvasPainter(above, 1, fontFamily);
    this.ground = new Ground(fontFamily);
  }

  setScene(scene: Scene): void {
    this.scene = scene;
    this.movedAt = -Infinity;
    this.askBelow();
  }

  setOverlay(overlay: Overlay): void {
    this.overlay = overlay;
    this.ask();
  }

  setSize(size: Size): void {
    this.size = size;
    this.movedAt = -Infinity;
    this.askBelow();
  }

  /** Show another view; the ground is drawn anew once this has not happened for a while. */
  setView(view: View): void {
    this.view = view;
    this.movedAt = performance.now();
    window.clearTimeout(this.rest);
    this.rest = window.setTimeout(() => this.askBelow(), REST_MS);
    this.askBelow();
  }

  stop(): void {
    window.clearTimeout(this.rest);
    cancelAnimationFrame(this.frame);
  }

  private askBelow(): void {
    this.belowIsOld = true;
    this.ask();
  }

  private ask(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const { scene, size } = this;
    if (!scene || size.width === 0 || size.height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    if (this.belowIsOld) this.drawBelow(scene, ratio);
    if (this.overlay) this.drawAbove(scene, this.overlay, ratio);
    this.onDrawn();
  }

  private drawBelow(scene: Scene, ratio: number): void {
    const { view, size, below, ground } = this;
    const atRest = performance.now() - this.movedAt >= REST_MS;
    if (!ground.serves(scene, view, size, ratio, atRest)) ground.draw(scene, view, size, ratio);
    setSize(below.context.canvas, size, ratio);
    below.begin(ratio);
    below.context.fillStyle = scene.colours.water;
    below.context.fillRect(0, 0, size.width, size.height);
    ground.copyTo(below.context, view);
    if (atRest) {
      this.labels = chooseLabels(scene, view, size, (text, style) => below.measure(text, style));
    }
    drawMarks(below, scene, view, size);
    this.belowIsOld = !atRest;
  }

  private drawAbove(scene: Scene, overlay: Overlay, ratio: number): void {
    const { view, size, above } = this;
    setSize(above.context.canvas, size, ratio);
    above.begin(ratio);
    above.context.clearRect(0, 0, size.width, size.height);
    drawOverlay(above, scene, view, size, overlay);
    drawNames(above, scene, view, this.labels);
  }
}

/** Moving the map: by wheel, trackpad, fingers, mouse and keyboard. */

import { select } from "d3-selection";
import { type ZoomTransform, zoom, zoomIdentity } from "d3-zoom";
import { wantsLessMotion } from "../ui/preferences";
import type { Plane } from "./plane";
import {
  type Box,
  between,
  centred,
  fitBox,
  fitHome,
  LEAST_ZOOM,
  MOST_ZOOM,
  type Size,
  type View,
} from "./view";

/** Pixels that an arrow key moves the map, and the factor of one step of zoom. */
const STEP = 80;
const ZOOM_STEP = 1.5;
/** Enlargement at which a place is shown that was asked for, unless it is already larger. */
const PLACE_ZOOM = 4;
/** A part is shown alone that can be enlarged so much; else all of the study is. */
const SMALL_PART = 1.5;
const FLIGHT_MS = 650;

export class Camera {
  private readonly behaviour = zoom<HTMLElement, unknown>();
  private plane: Plane | null = null;
  private size: Size = { width: 0, height: 0 };
  private flight = 0;
  view: View = { k: 1, x: 0, y: 0 };

  constructor(
    private readonly element: HTMLElement,
    private readonly onView: (view: View) => void,
  ) {
    this.behaviour
      .duration(wantsLessMotion() ? 0 : 250)
      .on("start", ({ sourceEvent }: { sourceEvent: Event | null }) => {
        if (sourceEvent) this.land();
      })
      .on("zoom", ({ transform }: { transform: ZoomTransform }) => {
        const { k, x, y } = transform;
        this.view = { k, x, y };
        this.onView(this.view);
      });
    select(element).call(this.behaviour);
  }

  /** Show a study from its home on. */
  setPlane(plane: Plane): void {
    this.plane = plane;
    this.limit();
    this.home(false);
  }

  setSize(size: Size): void {
    const first = this.size.width === 0 || this.size.height === 0;
    const { x, y } = this.middle();
    this.size = size;
    this.limit();
    if (first) this.home(false);
    else this.show(centred(x, y, this.view.k, size));
  }

  private middle(view = this.view): { x: number; y: number } {
    const { size } = this;
    return {
      x: (size.width / 2 - view.x) / view.k,
      y: (size.height / 2 - view.y) / view.k,
    };
  }

  private limit(): void {
    if (!this.plane || this.size.width === 0) return;
    const { extent, home } = this.plane;
    const whole = fitBox(home, this.size).k;
    this.behaviour
      .extent([
        [0, 0],
        [this.size.width, this.size.height],
      ])
      .scaleExtent([whole * LEAST_ZOOM, whole * MOST_ZOOM])
      .translateExtent([
        [extent.left, extent.top],
        [extent.right, extent.bottom],
      ]);
  }

  /** Show the whole study. */
  home(slowly = true): void {
    if (this.plane) this.moveTo(fitHome(this.plane, this.size), slowly);
  }

  /** Show a place; `scale` is a multiple of the one that shows the whole study. */
  flyTo(longitude: number, latitude: number, scale?: number): void {
    if (!this.plane) return;
    const [x, y] = this.plane.project(longitude, latitude);
    const whole = fitBox(this.plane.home, this.size).k;
    const k = scale === undefined ? Math.max(this.view.k, whole * PLACE_ZOOM) : whole * scale;
    this.moveTo(centred(x, y, k, this.size), true);
  }

  /** Show a part of the plane, if it is small; no larger than a place that is asked for. */
  showBox(box: Box): void {
    if (!this.plane || this.size.width === 0) return;
    const whole = fitBox(this.plane.home, this.size).k;
    const k = Math.min(fitBox(box, this.size).k, whole * PLACE_ZOOM);
    if (k < whole * SMALL_PART) {
      this.home();
      return;
    }
    this.moveTo(
      centred((box.left + box.right) / 2, (box.top + box.bottom) / 2, k, this.size),
      true,
    );
  }

  zoomBy(steps: number): void {
    this.land();
    select(this.element).call(this.behaviour.scaleBy, ZOOM_STEP ** steps);
  }

  /** Move by a key; returns whether the key is one of the map's. */
  press(key: string): boolean {
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [STEP, 0],
      ArrowRight: [-STEP, 0],
      ArrowUp: [0, STEP],
      ArrowDown: [0, -STEP],
    };
    const move = moves[key];
    if (move) {
      this.land();
      const { k } = this.view;
      select(this.element).call(this.behaviour.translateBy, move[0] / k, move[1] / k);
    } else if (key === "+" || key === "=") this.zoomBy(1);
    else if (key === "-") this.zoomBy(-1);
    else if (key === "0") this.home();
    else return false;
    return true;
  }

  stop(): void {
    this.land();
    select(this.element).on(".zoom", null);
  }

  private show({ k, x, y }: View): void {
    const transform = zoomIdentity.translate(x, y).scale(k);
    select(this.element).call(this.behaviour.transform, transform);
  }

  private moveTo(target: View, slowly: boolean): void {
    this.land();
    if (!slowly || wantsLessMotion()) {
      this.show(target);
      return;
    }
    const from = { ...this.middle(), k: this.view.k };
    const to = { ...this.middle(target), k: target.k };
    const began = performance.now();
    const advance = () => {
      // The size changes under way where the panel of what was found opens beside the map.
      const start = centred(from.x, from.y, from.k, this.size);
      const end = centred(to.x, to.y, to.k, this.size);
      const share = Math.min((performance.now() - began) / FLIGHT_MS, 1);
      this.flight = share < 1 ? requestAnimationFrame(advance) : 0;
      this.show(between(start, end, share * share * (3 - 2 * share), this.size));
    };
    this.flight = requestAnimationFrame(advance);
  }

  /** End a flight where it is. */
  private land(): void {
    cancelAnimationFrame(this.flight);
    this.flight = 0;
  }
}

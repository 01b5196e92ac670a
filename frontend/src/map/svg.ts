/** The map as a picture of its own: for documents, and where there is no canvas. */

import { chooseLabels, drawGround, drawMarks, drawNames } from "./draw";
import { type KeyGroup, SAMPLE_WIDTH } from "./key";
import { drawOverlay, type Overlay } from "./overlay";
import type { Lettering } from "./painter";
import type { PageColours } from "./palette";
import type { Scene } from "./scene";
import { SvgPainter } from "./svgPainter";
import type { Size, View } from "./view";

/** Mean width of a letter, as a share of its size; there is no font to measure with. */
const LETTER_WIDTH = 0.56;

/** What stands round the map in a picture that is saved. */
export interface Frame {
  title: string;
  subtitle: string;
  key: readonly KeyGroup[];
  credit: string;
  /** What the picture shows, in one sentence. */
  description: string;
}

/** Pixels. */
const MARGIN = 16;
const KEY_WIDTH = 230;
const TITLE_LETTERS = 18;
const LETTERS = 12;
const LINE = 16;
const HEAD = 2 * MARGIN + TITLE_LETTERS + LINE;

/** Return the map as SVG text. */
export function mapSvg(
  scene: Scene,
  view: View,
  size: Size,
  overlay: Overlay | null,
  title: string,
): string {
  return paintMap(scene, view, size, overlay).finish(title);
}

/** Return the map with its title, its legend and whom it is owed to, as SVG text. */
export function framedSvg(
  scene: Scene,
  view: View,
  size: Size,
  overlay: Overlay | null,
  frame: Frame,
): string {
  const { colours } = scene;
  const key = paintKey(frame.key, colours);
  const width = size.width + KEY_WIDTH + 3 * MARGIN;
  const credit = wrapped(frame.credit, width - 2 * MARGIN);
  const body = Math.max(size.height, key.size.height);
  const foot = credit.length * LINE + 2 * MARGIN;
  const picture = { width, height: HEAD + body + foot };
  const painter = new SvgPainter(picture, colours.sans);
  const corners = [0, 0, width, 0, width, picture.height, 0, picture.height];
  painter.polygon(corners, { fill: colours.panel });
  const title = { ...textIn(colours), size: TITLE_LETTERS, bold: true };
  painter.text(frame.title, MARGIN, MARGIN + TITLE_LETTERS / 2, title);
  const under = MARGIN + TITLE_LETTERS + LINE * 0.8;
  painter.text(frame.subtitle, MARGIN, under, softTextIn(colours));
  painter.place(paintMap(scene, view, size, overlay), MARGIN, HEAD);
  painter.place(key, size.width + 2 * MARGIN, HEAD);
  for (const [i, line] of credit.entries()) {
    painter.text(line, MARGIN, HEAD + body + MARGIN + i * LINE, softTextIn(colours));
  }
  return painter.finish(frame.description);
}

function paintMap(scene: Scene, view: View, size: Size, overlay: Overlay | null): SvgPainter {
  const painter = new SvgPainter(size, scene.colours.sans);
  drawGround(painter, scene, view, size);
  const labels = chooseLabels(
    scene,
    view,
    size,
    (text, { size: letters, spacing }) => text.length * (letters * LETTER_WIDTH + (spacing ?? 0)),
  );
  drawMarks(painter, scene, view, size);
  if (overlay) drawOverlay(painter, scene, view, size, overlay);
  drawNames(painter, scene, view, labels);
  return painter;
}

function textIn({ ink, panel }: PageColours): Lettering {
  return { colour: ink, halo: panel, size: LETTERS, align: "start" };
}

function softTextIn(colours: PageColours): Lettering {
  return { ...textIn(colours), colour: colours.inkSoft };
}

/** Paint the legend as a column, as high as it gets. */
function paintKey(groups: readonly KeyGroup[], colours: PageColours): SvgPainter {
  const parts: ((painter: SvgPainter) => void)[] = [];
  let y = 0;
  const write = (text: string, left: number, lettering: Lettering) => {
    for (const line of wrapped(text, KEY_WIDTH - left)) {
      const middle = y + LINE / 2;
      parts.push((painter) => painter.text(line, left, middle, lettering));
      y += LINE;
    }
  };
  for (const { title, entries, note } of groups) {
    write(title, 0, { ...textIn(colours), bold: true });
    for (const { text, height, paint } of entries) {
      const top = y;
      y += Math.max(0, (height - LINE) / 2);
      const sample = Math.max(SAMPLE_WIDTH, height);
      write(text, sample + 8, textIn(colours));
      const middle = top + Math.max(height, LINE) / 2;
      parts.push((painter) => paint(painter, sample / 2, middle));
      y = Math.max(y, top + height);
    }
    if (note) write(note, 0, softTextIn(colours));
    y += LINE / 2;
  }
  const painter = new SvgPainter({ width: KEY_WIDTH, height: Math.ceil(y) }, colours.sans, "key");
  for (const part of parts) part(painter);
  return painter;
}

/** Break a text into lines of at most so many pixels. */
function wrapped(text: string, width: number): string[] {
  const most = Math.floor(width / (LETTERS * LETTER_WIDTH));
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

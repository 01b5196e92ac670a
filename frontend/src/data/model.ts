/** Study and run as the page works with them: tables unpacked, rows found by their keys. */

import type { PackedFrame, Playback, RunPage, StudyPage } from "../contract";
import { EMPTY_FRAME, type Frame, indexBy, rowOf, unpack, type Value } from "./frame";

export type Row = Record<string, Value>;

export class Tables {
  private readonly frames = new Map<string, Frame>();
  private readonly indices = new Map<string, Map<string, number>>();

  constructor(private readonly packed: Record<string, PackedFrame>) {}

  has(name: string): boolean {
    return name in this.packed;
  }

  /** The table; empty if there is none. */
  table(name: string): Frame {
    let frame = this.frames.get(name);
    if (!frame) {
      const packed = this.packed[name];
      frame = packed ? unpack(packed) : EMPTY_FRAME;
      this.frames.set(name, frame);
    }
    return frame;
  }

  /** The number of the row with this key, or -1. */
  find(name: string, key: string, value: string): number {
    const id = `${name}.${key}`;
    let index = this.indices.get(id);
    if (!index) {
      index = indexBy(this.table(name), key);
      this.indices.set(id, index);
    }
    return index.get(value) ?? -1;
  }

  /** The row with this key, or null. */
  row(name: string, key: string, value: string): Row | null {
    const row = this.find(name, key, value);
    return row < 0 ? null : rowOf(this.table(name), row);
  }
}

export class Study extends Tables {
  constructor(readonly page: StudyPage) {
    super(page.tables);
  }
}

export class Run extends Tables {
  readonly playback: PlaybackFrames | null;

  constructor(readonly page: RunPage) {
    super(page.tables);
    this.playback = page.playback && unpackPlayback(page.playback);
  }
}

export interface PlaybackFrames {
  start: string;
  days: number;
  one_in: Record<string, number>;
  seed: number;
  movements: Frame;
  voyages: Frame;
  queues: Frame;
  closures: Frame;
}

function unpackPlayback(packed: Playback): PlaybackFrames {
  const { movements, voyages, queues, closures, ...rest } = packed;
  return {
    ...rest,
    movements: unpack(movements),
    voyages: unpack(voyages),
    queues: unpack(queues),
    closures: unpack(closures),
  };
}

/** Tables by column: unpacked once, then read by row number. */

import type { PackedColumn, PackedFrame } from "../contract";

export type Value = string | number | boolean | null;

/** A column: a value by row number, and for texts the few different ones that there are. */
export interface Column {
  at(row: number): Value;
  text(row: number): string | null;
  number(row: number): number | null;
  /** Of texts: the number of the level, -1 for null. */
  code(row: number): number;
  levels: readonly string[];
}

export interface Frame {
  rows: number;
  names: readonly string[];
  has(name: string): boolean;
  /** The column; an error if there is none, since that is a defect of the page. */
  column(name: string): Column;
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

const ARRAYS = {
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
  b1: Uint8Array,
} as const;
const NO_CODE = { u1: 0xff, u2: 0xffff, u4: 0xffffffff } as const;
const NO_INTEGER = -0x80000000;

function unpackNumbers(type: keyof typeof ARRAYS, base64: string): Numbers {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new ARRAYS[type](bytes.buffer);
}

function unpackColumn(packed: PackedColumn): Column {
  const values = unpackNumbers(packed.type, packed.base64);
  if ("levels" in packed) {
    const { levels } = packed;
    const none = NO_CODE[packed.type];
    const code = (row: number): number => (values[row] === none ? -1 : (values[row] as number));
    const text = (row: number): string | null => levels[code(row)] ?? null;
    return { at: text, text, number: () => null, code, levels };
  }
  const read = (row: number): number | boolean | null => {
    const value = values[row] as number;
    if (packed.type === "b1") return value === 0xff ? null : value === 1;
    const none = packed.type === "i4" ? value === NO_INTEGER : Number.isNaN(value);
    return none ? null : value;
  };
  return {
    at: read,
    text: (row) => {
      const value = read(row);
      return value === null ? null : String(value);
    },
    number: (row) => {
      const value = read(row);
      return typeof value === "boolean" ? Number(value) : value;
    },
    code: () => -1,
    levels: [],
  };
}

/** Unpack a table; each column when it is first asked for. */
export function unpack(packed: PackedFrame): Frame {
  const columns = new Map<string, Column>();
  return {
    rows: packed.rows,
    names: Object.keys(packed.columns),
    has: (name) => name in packed.columns,
    column(name) {
      let column = columns.get(name);
      if (!column) {
        const content = packed.columns[name];
        if (!content)
          throw new Error(`no column ${name}; there are ${Object.keys(packed.columns)}`);
        column = unpackColumn(content);
        columns.set(name, column);
      }
      return column;
    },
  };
}

export const EMPTY_FRAME: Frame = unpack({ rows: 0, columns: {} });

/** Return a row as an object by column. */
export function rowOf(frame: Frame, row: number): Record<string, Value> {
  return Object.fromEntries(frame.names.map((name) => [name, frame.column(name).at(row)]));
}

/** Return the number of the row of each key. */
export function indexBy(frame: Frame, key: string): Map<string, number> {
  const index = new Map<string, number>();
  if (!frame.has(key)) return index;
  const column = frame.column(key);
  for (let row = 0; row < frame.rows; row++) {
    const value = column.text(row);
    if (value !== null) index.set(value, row);
  }
  return index;
}

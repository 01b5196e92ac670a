/** A small study with a run: what the tests of the page read. */

import type { PackedColumn, PackedFrame, RunPage, StudyPage } from "../src/contract";

type Cell = string | number | boolean | null;

const ARRAYS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, b1: Uint8Array } as const;
const NOTHING = { f4: Number.NaN, f8: Number.NaN, i4: -(2 ** 31), b1: 255 } as const;

function toBase64(array: ArrayBufferView): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}

export function packNumbers(
  type: keyof typeof ARRAYS,
  values: readonly (number | null)[],
): PackedColumn {
  const array = ARRAYS[type].from(values.map((value) => value ?? NOTHING[type]));
  return { type, base64: toBase64(array) };
}

export function packTexts(
  values: readonly (string | null)[],
  type: "u1" | "u2" = "u1",
): PackedColumn {
  const levels = [...new Set(values.filter((value) => value !== null))].sort();
  const none = type === "u1" ? 0xff : 0xffff;
  const codes = values.map((value) => (value === null ? none : levels.indexOf(value)));
  const array = type === "u1" ? Uint8Array.from(codes) : Uint16Array.from(codes);
  return { levels, type, base64: toBase64(array) };
}

/** Pack rows, each an array in the order of the columns. */
export function packRows(columns: readonly string[], rows: readonly Cell[][]): PackedFrame {
  const packed = columns.map((name, position) => {
    const values = rows.map((row) => row[position] ?? null);
    const kind = typeof values.find((value) => value !== null);
    if (kind === "number") return [name, packNumbers("f8", values as (number | null)[])];
    if (kind === "boolean") {
      return [
        name,
        packNumbers(
          "b1",
          values.map((value) => (value === null ? null : Number(value))),
        ),
      ];
    }
    return [name, packTexts(values as (string | null)[])];
  });
  return { rows: rows.length, columns: Object.fromEntries(packed) };
}

/** Aktau and Alat with a ferry, a pipeline that is inland, and what is published of them. */
export function studyPage(): StudyPage {
  return {
    study: "sample",
    title: "A sample",
    description: "",
    base_year: 2024,
    attribution: null,
    licence: null,
    default_scenario: null,
    water_levels: {},
    years: [2024],
    tables: {
      node: packRows(
        ["node_id", "name", "x_coord", "y_coord", "country", "unlocode", "kind", "source_id"],
        [
          ["KZSCO", "Aktau sea port (Kazakhstan)", 51.2, 43.6, "KZ", "KZAAU", "port", "s1"],
          ["AZALA", "Alat - Baku port", 49.4, 40.0, "AZ", null, "port", "s1"],
          ["KZBEY", "Beyneu", 55.2, 45.3, "KZ", null, "junction", "s1"],
        ],
      ),
      link: packRows(
        ["link_id", "name", "from_node_id", "to_node_id", "directed", "mode", "allowed_uses"],
        [
          ["KZSCO-AZALA", null, "KZSCO", "AZALA", false, "ferry", null],
          ["KZBEY-KZSCO", "Mangystau line", "KZBEY", "KZSCO", true, "rail", "wagon,bulk"],
        ],
      ),
      terminal: packRows(
        ["terminal_id", "name", "node_id", "operation", "from_mode", "to_mode", "neighbour"],
        [
          ["KZSCO-dry", null, "KZSCO", "transshipment", "rail", "ferry", null],
          ["KZSCO-border", null, "KZSCO", "border", "rail", "rail", "AZ"],
        ],
      ),
      service: packRows(
        ["service_id", "name", "operator", "link_id"],
        [
          ["asco", null, "ASCO", "KZSCO-AZALA"],
          ["kmtf", null, "KMTF", "KZSCO-AZALA"],
        ],
      ),
      commodity: packRows(["commodity_id", "name"], [["grain", "Grain"]]),
      corridor: packRows(["corridor_id", "name"], [["titr", "Trans-Caspian"]]),
      event: packRows(
        ["event_id", "name", "from_date", "until_date", "element_kind", "element_id", "effect"],
        [
          ["storm-2", "Second storm", "2024-11-01", "2024-11-05", "node", "KZSCO", "closes"],
          ["storm-1", "First storm", "2024-02-01", "2024-02-03", "node", "KZSCO", "closes"],
          ["other", "Elsewhere", "2024-02-01", null, "node", "AZALA", "closes"],
        ],
      ),
      observation: packRows(
        ["observation_id", "metric", "scope", "year", "value", "low", "high", "role", "source_id"],
        [
          ["a", "kt", "link:KZSCO-AZALA,link:KZBEY-KZSCO", 2023, 10, null, null, "validate", "s1"],
          ["b", "days", "od:KZBEY>AZALA", 2024, 12, 9, 14, "validate", "s1"],
          ["c", "kt", "node:KZSCO", 2024, 100, null, null, "margin", "s1"],
        ],
      ),
      source: packRows(
        ["source_id", "kind", "title", "publisher", "date", "address", "note"],
        [["s1", "assumption", "A guess", null, null, null, "because"]],
      ),
    },
  };
}

export function runPage(): RunPage {
  return {
    run_id: "run-1",
    study: "sample",
    scenario: { name: "base", title: "2024 as it was", description: "", content: {} },
    year: 2024,
    finished: null,
    seconds: null,
    residual: 1e-9,
    converged: true,
    simulated: true,
    notices: [],
    playback: null,
    tables: {
      flows: packRows(
        ["link_id", "from_node_id", "to_node_id", "direction", "commodity_id", "kt", "kteu"],
        [
          ["KZBEY-KZSCO", "KZBEY", "KZSCO", "westbound", "grain", 80, 0],
          ["KZSCO-AZALA", "KZSCO", "AZALA", "westbound", "grain", 70, 0],
          ["KZSCO-AZALA", "AZALA", "KZSCO", "eastbound", "machinery", 5, 1],
        ],
      ),
      terminals: packRows(
        ["terminal_id", "direction", "commodity_id", "kt", "kteu"],
        [["KZSCO-dry", "westbound", "grain", 70, 0]],
      ),
      services: packRows(
        ["service_id", "direction", "commodity_id", "kt", "kteu"],
        [["asco + kmtf", "westbound", "grain", 70, 0]],
      ),
      elements: packRows(
        ["element", "kind", "forward", "unit", "utilisation", "wait_h", "scarcity_usd_t"].concat(
          "scarcity_kusd",
          "waiting_kt_h",
        ),
        [
          ["asco + kmtf", "service", true, "kt", 0.95, 30, 0, 0, 2100],
          ["KZSCO-dry", "terminal", null, "kt", 1, 5, 12, 840, 350],
          ["KZSCO-border", "terminal", null, "kt", 0.3, 1, 0, 0, 9],
        ],
      ),
      corridors: packRows(
        ["corridor", "direction", "kt", "kteu", "days_mean", "cost_usd_t", "co2_kg_t"],
        [
          ["titr", "westbound", 30, 1, 20, 100, 50],
          ["titr", "eastbound", 10, 1, 10, 60, 30],
          ["regional", "westbound", 60, 0, 5, 20, 10],
        ],
      ),
      simulated_series: packRows(
        ["element", "kind", "forward", "unit", "from_date", "queue_mean"],
        [
          ["KZSCO-dry", "terminal", null, "kt", "2024-01-08", 4],
          ["KZSCO-dry", "terminal", null, "kt", "2024-01-01", 2],
        ],
      ),
    },
  };
}

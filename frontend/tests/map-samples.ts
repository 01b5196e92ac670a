/** A small study and run, packed as Sogdia packs them. */

import type { PackedColumn, PackedFrame } from "../src/contract";
import { Run, Study } from "../src/data/model";
import type { PageColours } from "../src/map/palette";

type Cell = string | number | boolean | null;

function base64(numbers: Uint8Array | Uint16Array | Float64Array): string {
  const bytes = new Uint8Array(numbers.buffer);
  return btoa(String.fromCharCode(...bytes));
}

function packColumn(cells: Cell[]): PackedColumn {
  const known = cells.find((cell) => cell !== null);
  if (typeof known === "string") {
    const levels = [...new Set(cells.filter((cell) => typeof cell === "string"))];
    const codes = cells.map((cell) => (cell === null ? 0xffff : levels.indexOf(cell as string)));
    return { levels, type: "u2", base64: base64(Uint16Array.from(codes)) };
  }
  if (typeof known === "boolean") {
    const truths = cells.map((cell) => (cell === null ? 0xff : Number(cell)));
    return { type: "b1", base64: base64(Uint8Array.from(truths)) };
  }
  const numbers = cells.map((cell) => (cell === null ? Number.NaN : Number(cell)));
  return { type: "f8", base64: base64(Float64Array.from(numbers)) };
}

/** Pack rows; the first one names the columns. */
export function pack(names: string, ...rows: Cell[][]): PackedFrame {
  const columns = names
    .split(" ")
    .map((name, i) => [name, packColumn(rows.map((row) => row[i] ?? null))]);
  return { rows: rows.length, columns: Object.fromEntries(columns) };
}

/** Aktau, Alat, Tbilisi and Poti; two ferries on one course, a railway, a pipeline. */
export function smallStudy(): Study {
  return new Study({
    study: "small",
    title: "Small",
    description: "",
    base_year: 2024,
    attribution: null,
    licence: null,
    default_scenario: null,
    water_levels: {},
    years: [2024],
    tables: {
      node: pack(
        "node_id name x_coord y_coord country kind",
        ["KZSCO", "Aktau sea port", 51.2, 43.6, "KZ", "port"],
        ["AZALA", "Alat (Baku)", 49.4, 39.95, "AZ", "port"],
        ["GETBS", "Tbilisi", 44.8, 41.7, "GE", "station"],
        ["GEPTI", "Poti", 41.65, 42.15, "GE", "port"],
      ),
      link: pack(
        "link_id name from_node_id to_node_id mode geometry",
        ["ferry", null, "KZSCO", "AZALA", "ferry", "LINESTRING (51.2 43.6, 51 41, 49.4 39.95)"],
        ["feeder", null, "AZALA", "KZSCO", "sea", "LINESTRING (49.4 39.95, 51 41, 51.2 43.6)"],
        ["rail", "Main line", "AZALA", "GETBS", "rail", null],
        ["pipe", null, "GETBS", "GEPTI", "pipeline", null],
      ),
      terminal: pack("terminal_id node_id", ["quay", "AZALA"]),
      service: pack("service_id link_id", ["boat-1", "ferry"], ["boat-2", "ferry"]),
      corridor: pack(
        "corridor_id name any_of",
        ["titr", "Trans-Caspian", "ferry"],
        ["lapis", "Lapis Lazuli", "feeder"],
        ["regional", "Everything else", null],
      ),
    },
  });
}

export function smallRun(flows?: PackedFrame): Run {
  return new Run({
    run_id: "run",
    study: "small",
    scenario: { name: "base", title: "Base", description: "", content: {} },
    year: 2024,
    finished: null,
    seconds: null,
    residual: null,
    converged: true,
    simulated: false,
    notices: [],
    tables: {
      flows:
        flows ??
        pack(
          "link_id from_node_id to_node_id direction commodity_id corridor kt kteu",
          ["ferry", "KZSCO", "AZALA", "westbound", "grain", "titr", 400, 10],
          ["ferry", "KZSCO", "AZALA", "westbound", "boxes", "regional", 100, 20],
          ["ferry", "AZALA", "KZSCO", "eastbound", "boxes", "titr", 50, 5],
          ["feeder", "KZSCO", "AZALA", "westbound", "boxes", "lapis", 100, 12],
          ["rail", "AZALA", "GETBS", "westbound", "grain", "titr", 400, 10],
          ["pipe", "GETBS", "GEPTI", "westbound", "boxes", "titr", 1e-9, 0],
        ),
      elements: pack(
        "element kind forward unit utilisation waiting_kt_h",
        ["quay", "terminal", null, "kt", 0.5, 10],
        ["quay", "terminal", null, "kteu", 0.9, 5],
        ["boat-1 + boat-2", "service", true, "kt", 0.8, 30],
        ["boat-1 + boat-2", "service", false, "kt", 0.2, 2],
        ["rail", "link", null, "kt", 0.4, 0],
      ),
    },
    playback: null,
  });
}

const grey = "#808080";

export const GREY: PageColours = {
  theme: "light",
  land: grey,
  water: grey,
  landLine: grey,
  ink: grey,
  inkSoft: grey,
  panel: grey,
  accent: grey,
  bad: grey,
  sans: "sans-serif",
};

/** What requests are put together from, beside a form. */
export const CONTEXT = {
  study: "small",
  run: { run_id: "r", year: 2023, content: { name: "of the run" } },
  draft: { name: "draft" },
  commodity: "",
};

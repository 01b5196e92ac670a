/** What the page is given: by the server over HTTP, or in a report inside the file itself. */

/** A column of a table, as `sogdia.report.frames` packs it; `data/frame.ts` unpacks it. */
export type PackedColumn =
  /** Texts: each is `levels[code]`; the largest code of the type stands for null. */
  | { levels: string[]; type: "u1" | "u2" | "u4"; base64: string }
  /** Numbers, little-endian; NaN (f4, f8) or the least value (i4) stand for null. */
  | { type: "f4" | "f8" | "i4"; base64: string }
  /** Truth values: 0, 1, 255 for null. */
  | { type: "b1"; base64: string };

/** A table by column; columns have the names and units of the tables of Sogdia. */
export interface PackedFrame {
  rows: number;
  columns: Record<string, PackedColumn>;
}

export interface WaterLevel {
  title: string;
  places: string[];
  current_m: number;
  full_load_m: number;
  load_loss_per_m: number;
  source_id: string | null;
}

/** A study as the page needs it. */
export interface StudyPage {
  study: string;
  title: string;
  description: string;
  base_year: number | null;
  attribution: string | null;
  licence: string | null;
  default_scenario: string | null;
  water_levels: Record<string, WaterLevel>;
  /** Years that the demand table has. */
  years: number[];
  /**
   * node, link, terminal, service, corridor, commodity, event, observation, project,
   * project_change, source.
   */
  tables: Record<string, PackedFrame>;
}

/** A scenario as its TOML file has it (keys `from` and `until`, `class`, `set`). */
export interface ScenarioContent {
  name?: string;
  title?: string;
  description?: string;
  extends?: string;
  year?: number;
  rule?: RuleContent[];
  event?: EventContent[];
  include_events?: string[];
  exclude_events?: string[];
  projects?: string[];
  water_level?: Record<string, number>;
  /** hazard, change, season, breakdown: kept as they are. */
  [key: string]: unknown;
}

export interface RuleContent {
  countries?: string[];
  places?: string[];
  applies_to?: ("transit" | "origin" | "destination")[];
  commodities?: string[];
  hs?: string[];
  from?: string;
  until?: string;
  name?: string;
  reason?: string;
}

export type ElementKind = "country" | "node" | "link" | "terminal" | "service";

export interface EventContent {
  event_id: string;
  name: string;
  from_date: string;
  until_date?: string | null;
  element_kind: ElementKind;
  element_id: string;
  effect: "closes" | "capacity" | "time" | "cost";
  factor?: number | null;
  happened?: boolean;
  note?: string | null;
}

/**
 * A finished run. Tables (those of the run folder, and `flows`):
 * - flows: link_id, from_node_id, to_node_id (of travel), direction (westbound, eastbound),
 *   commodity_id, corridor, kt, kteu; of the year
 * - terminals: terminal_id, direction, commodity_id, kt, kteu
 * - services: service_id, direction, commodity_id, from_node_id, to_node_id, kt, kteu
 * - elements: element, kind (link, terminal, service), forward, unit, flow, capacity, flow_kt,
 *   wait_h, scarcity_usd_t, waiting_kt_h, scarcity_kusd, utilisation
 * - corridors: corridor, direction, kt, kteu, share, days_mean, cost_usd_t, co2_kg_t, ...
 * - validation: observation, metric, scope, year, unit, published, low, high, modelled, ratio,
 *   role, within, source_id
 * - unserved: origin, destination, commodity, kt, reason
 * Of a simulated run also:
 * - simulated_transit, simulated_corridors: mean_days, ci_low, ci_high, p50, p90, p95, ...
 * - simulated_elements: element, kind, forward, unit, utilisation, wait_h_mean, wait_low,
 *   wait_high, wait_h_p95, queue_mean, throughput, throughput_kt, waiting_kt_h
 * - simulated_series: element, kind, forward, unit, from_date (of the week), queue_mean, utilisation
 * - simulated_delays: cause, shipments, hours, kt_h
 * - simulated_overloads: element, kind, forward, unit, offered_load, since, growth_per_day, queue_end
 */
export interface RunPage {
  run_id: string;
  study: string;
  scenario: { name: string; title: string; description: string; content: ScenarioContent };
  year: number | null;
  /** ISO 8601, with zone; null where it is not known. */
  finished: string | null;
  seconds: number | null;
  residual: number | null;
  converged: boolean;
  simulated: boolean;
  /** What the reader has to know: unserved demand, a gap not reached, overloads. English. */
  notices: string[];
  tables: Record<string, PackedFrame>;
  playback: Playback | null;
}

/**
 * One replication of the simulated year, to be watched.
 * - movements: of every `one_in`-th shipment of a corridor, one row per movement along a link, sorted by shipment,
 *   then time: shipment (i4), commodity_id, corridor, link_id, from_node_id, to_node_id,
 *   depart_h, arrive_h (hours since `start`). Between two rows the shipment is at the node.
 * - voyages: every vessel or train of a service: service_id, vessel (i4), link_id, from_node_id,
 *   to_node_id, depart_h, arrive_h, load (share of the capacity, 0 to 1)
 * - queues: element, kind, forward, node_id (where to draw it), day (i4, since `start`),
 *   waiting (shipments, at the end of that day); only rows that are not 0
 * - closures: element, kind, node_id, cause, from_h, until_h: what was shut, and why
 */
export interface Playback {
  start: string;
  days: number;
  one_in: Record<string, number>;
  seed: number;
  movements: PackedFrame;
  voyages: PackedFrame;
  queues: PackedFrame;
  closures: PackedFrame;
}

/** What a report has in `<script type="application/json" id="page-data">`. */
export interface ReportData {
  sogdia: string;
  study: StudyPage;
  /** The run, and the baseline if there is one. */
  runs: RunPage[];
  answers: RouteAnswer[];
}

export type RunState = "queued" | "running" | "done" | "failed" | "cancelled" | "interrupted";

export interface RunInfo {
  run_id: string;
  study: string;
  scenario: string;
  title: string;
  year: number | null;
  simulated: boolean;
  state: RunState;
  /** Of a running run: what it does, and how much of it is done (total 0: not known). */
  stage: string | null;
  done: number | null;
  total: number | null;
  /** Of a queued run: how many are before it. */
  position: number | null;
  /** Of a failed run: why. */
  message: string | null;
  created: string;
  started: string | null;
  finished: string | null;
  converged: boolean | null;
}

export interface RunRequest {
  study: string;
  /** Content, or the name of one that the server knows. */
  scenario: ScenarioContent | string;
  year?: number | null;
  simulate?: { replications: number; days: number; seed: number } | null;
}

export interface StudyInfo {
  study: string;
  title: string;
  builtin: boolean;
  /** Not empty: the study cannot be used, and this is why. */
  problems: Problem[];
}

/** What is wrong, and where, as far as that is known; row 1 is the header. */
export interface Problem {
  message: string;
  file?: string | null;
  row?: number | null;
  column?: string | null;
}

/** The body of every answer that is not 2xx. */
export interface Refusal {
  problems: Problem[];
  /** Of a route that is blocked: the smallest set of rules and wishes, and what would open one. */
  blocked_by?: string[];
  relax?: string[][];
}

export interface ScenarioInfo {
  name: string;
  title: string;
  description: string;
  year: number | null;
  builtin: boolean;
}

export interface ScenarioFile {
  name: string;
  toml: string;
  content: ScenarioContent;
}

export interface About {
  sogdia: string;
  /** The study that the server was started with. */
  study: string;
  limits: { queued: number; replications: number; days: number; upload_mib: number };
}

export interface RouteRequest {
  study: string;
  scenario?: ScenarioContent | string | null;
  origin: string;
  destination: string;
  commodity: string;
  depart?: string | null;
  deadline_days?: number | null;
  by?: string[];
  avoid?: string[];
  via?: string[];
  k?: number;
  /** A run, whose queues are waited in. */
  run?: string | null;
  why_not?: string | null;
}

export interface RoutePlace {
  asked: string;
  node_id: string;
  name: string;
  country: string | null;
  longitude: number;
  latitude: number;
  access_km: number;
}

/** As `sogdia route --json` prints it; see `sogdia.report.route_json`. */
export interface RouteAnswer {
  origin: RoutePlace;
  destination: RoutePlace;
  commodity: string;
  depart: string;
  deadline: string | null;
  criteria: string[];
  found: number;
  notes: string[];
  itineraries: RouteItinerary[];
  why_not?: {
    asked: string;
    name: string;
    verdict: string;
    blocked_by: string[];
    relax: string[][];
    best: RouteItinerary | null;
    text: string;
  };
}

export interface RouteItinerary {
  rank: number;
  corridor: string | null;
  countries: string[];
  days_mean: number;
  days_p50: number | null;
  days_p90: number | null;
  cost_usd_t: number;
  cost_usd_teu: number | null;
  cost_parts_usd_t: Record<string, number>;
  inventory_usd_t: number;
  co2_kg_t: number;
  co2_wtt_kg_t: number;
  co2_ttw_kg_t: number;
  on_time: number | null;
  borders: number;
  gauge_changes: number;
  notices: string[];
  legs: RouteLeg[];
}

export interface RouteLeg {
  mode: string;
  /** Ids of nodes, or null: the place that was asked for. */
  from: string | null;
  to: string | null;
  service: string | null;
  operator: string | null;
  length_km: number;
  moving_h: number;
  waiting_h: number;
  handling_h: number;
  cost_usd_t: number;
  co2_kg_t: number;
  sources: string[];
  /** Links in order of travel, with the nodes they lead to. */
  course: { link_id: string | null; to: string | null }[];
}

/** A question about who can ship what to whom. */
export interface SupplyRequest {
  study: string;
  scenario?: ScenarioContent | string | null;
  /** By default all that the study has supply of. */
  commodities?: string[] | null;
  year?: number | null;
  /** Countries from which, over which and from whose owners nothing is bought. */
  embargo?: string[];
  /** Countries that embargo; by default all others. */
  buyers?: string[] | null;
  contracts?: boolean;
  carbon_price_usd_t?: number;
  /** Whether stops are worked out, which takes longer than the balance; by default they are. */
  n_minus_1?: boolean;
  frontier?: { avoid: string } | null;
}

export interface SupplyDelivery {
  commodity: string;
  /** Id of a node, or "stock of" one. */
  supplier: string;
  supplier_country: string | null;
  owner_country: string | null;
  consumer: string;
  consumer_country: string | null;
  corridor: string | null;
  /** Countries crossed, neither that of the supplier nor of the consumer. */
  transit: string[];
  kt: number;
  cost_usd_t: number | null;
  days: number | null;
  co2_kg_t: number | null;
}

export interface SupplyUnserved {
  commodity: string;
  consumer: string;
  consumer_country: string | null;
  need_kt: number;
  kt: number;
  share: number | null;
  value_musd: number | null;
}

export type SupplyElementKind =
  | "link"
  | "terminal"
  | "service"
  | "contract"
  | "blend"
  | "supplier"
  | "corridor"
  | "chokepoint"
  | "node"
  | "country";

/** A limit that costs something. */
export interface SupplyBinding {
  element: string;
  kind: SupplyElementKind;
  /** USD per tonne that wants to pass, mean over the year. */
  shadow_usd_t: number | null;
  /** Million USD a year for one more kt (or kTEU) of yearly capacity. */
  value_musd_unit: number | null;
  months_binding: number | null;
  /** What is to be said of it, English, without its name. */
  why: string;
}

export interface SupplyStop {
  /** Of suppliers a node, or a country for all of its producers. */
  element: string;
  kind: SupplyElementKind;
  name: string | null;
  /** What is not delivered without it, beyond what is not delivered with it. */
  deficit_kt: number;
  extra_cost_musd: number | null;
  /** By commodity; where nothing lacks there may be no entry. */
  deficits_kt: Record<string, number>;
}

/** Regulation (EU) 2017/1938, adapted: what is left without the largest, as a part of the need. */
export interface SupplyIndex {
  percent: number | null;
  /** A corridor. */
  largest: string | null;
  capacity_kt: number | null;
  without_largest_kt: number | null;
  need_kt: number | null;
}

export interface SupplyContract {
  contract: string;
  name: string | null;
  commodity: string;
  least_kt: number | null;
  most_kt: number | null;
  kt: number;
  short_kt: number;
  shadow_usd_t: number | null;
  /** What keeps it from being kept, English; null: it is kept. */
  conflict: string | null;
}

export interface SupplyStock {
  node: string;
  commodity: string;
  month: number;
  level_kt: number;
  filled_kt: number;
  drawn_kt: number;
  lost_kt: number;
  worth_usd_t: number | null;
}

/** As `sogdia supply --json` prints it, with what the map draws; kt and costs are of the year. */
export interface SupplyAnswer {
  study: string;
  scenario: string;
  year: number;
  commodities: string[];
  cost_musd: number;
  deliveries: SupplyDelivery[];
  unserved: SupplyUnserved[];
  /** The dearest first. */
  binding: SupplyBinding[];
  /**
   * By commodity: indices of Herfindahl and Hirschman of the suppliers' countries and of the
   * corridors, and the share that avoids each transit country.
   */
  hhi: Record<
    string,
    { suppliers: number | null; routes: number | null; avoiding: Record<string, number> }
  >;
  /** null: not asked for. */
  n_minus_1: SupplyStop[] | null;
  n_minus_1_index: Record<string, SupplyIndex> | null;
  contracts: SupplyContract[];
  stocks: SupplyStock[];
  /** English. */
  notices: string[];
  seconds: Record<string, number>;
  links: { link: string; commodity: string; forward: boolean; kt: number }[];
  elements: {
    kind: string;
    element: string;
    forward: boolean | null;
    unit: string;
    capacity: number | null;
    flow: number;
    utilisation: number | null;
  }[];
  frontier?: { share: number; cost_musd: number | null; unserved_kt: number | null }[];
}

/** Questions that take the server seconds to minutes; each has a tab of that name. */
export type QuestionKind = "supply" | "stress" | "invest";

/** Where the question stands that is worked on. */
export interface Standing {
  stage: string;
  done: number;
  /** 0: not known. */
  total: number;
  /** Questions of that kind that wait for an answer, with this one. */
  waiting: number;
}

export type StressElements =
  | "links"
  | "terminals"
  | "services"
  | "nodes"
  | "countries"
  | "chokepoints";

/** A question about what the loss of each element would cost. */
export interface StressRequest {
  study: string;
  scenario?: ScenarioContent | string | null;
  year?: number | null;
  /** ISO day of the year whose network is looked at; by default the year's last. */
  on?: string | null;
  days?: number;
  n?: 1 | 2;
  elements?: StressElements[];
  /** Share of its capacity that what is lost keeps. */
  capacity_left?: number;
  /** How many of the worst are answered. */
  top?: number;
}

export interface StressUnserved {
  origin: string;
  destination: string;
  commodity: string;
  kt: number;
  /** "no path", "closed", "policy" or "capacity". */
  reason: string;
}

/** What a loss costs, over the days that it lasts. */
export interface StressElement {
  element: string;
  /** link, terminal, service, node, country or chokepoint. */
  kind: string;
  name: string | null;
  through_kt: number | null;
  lost_kt: number;
  extra_cost_usd: number;
  extra_days: number | null;
  extra_co2_kt: number;
  welfare_loss_usd: number;
  outages_per_year: number | null;
  expected_lost_kt_y: number | null;
  unserved: StressUnserved[];
}

export interface StressPair {
  elements: [string, string];
  kinds: [string, string];
  names: [string | null, string | null];
  lost_kt: number;
  /** More than what the losses of the two cost alone. */
  beyond_kt: number;
  welfare_loss_usd: number;
}

export interface StressAnswer {
  study: string;
  scenario: string;
  year: number;
  on: string;
  /** First and last day of the network that is looked at. */
  period: [string, string];
  days: number;
  capacity_left: number;
  n: number;
  base: Record<string, number>;
  /** The worst of all that were tried. */
  elements: StressElement[];
  elements_tried: number;
  pairs: StressPair[];
  /** How the pairs were found; null: n is 1. */
  pairs_bounded: { pairs: number; no_worse: number; solved: number } | null;
  seconds: number;
}

export type InvestObjective = "npv" | "throughput" | "resilience" | "co2";

/** A question about which projects to build within a budget. */
export interface InvestRequest {
  study: string;
  /** Contents, names, or null for the study's own. */
  scenarios?: (ScenarioContent | string | null)[];
  year?: number | null;
  /** Years in which projects may open, the earliest first, instead of `year`. */
  openings?: number[];
  /** Whether one planner is asked, too, who directs all goods. */
  system_optimum?: boolean;
  budget_musd: number;
  objective?: InvestObjective;
  /** Of a year. */
  discount_rate?: number;
  /** Years of use that count. */
  horizon_years?: number;
  carbon_usd_t?: number;
  /** Whose throughput counts. */
  corridor?: string | null;
}

export interface InvestProject {
  project: string;
  name: string;
  cost_musd: number | null;
  opex_musd_y: number | null;
  opens: number | null;
  npv_musd: number | null;
  benefit_cost_ratio: number | null;
  /** Of one without a published cost: up to which it would pay. */
  break_even_musd: number | null;
  user_benefit_musd_y: number | null;
  throughput_kt_y: number | null;
  resilience_kt: number | null;
  co2_kt_y: number | null;
  choosable: boolean;
  /** English; null: it is chosen. */
  why_not: string | null;
}

export interface InvestRegret {
  chosen: string[];
  scenario: string;
  value: number;
  regret: number;
}

export interface InvestAnswer {
  study: string;
  scenario: string;
  scenarios: { scenario: string; weight: number }[];
  year: number;
  budget_musd: number;
  objective: InvestObjective;
  discount_rate: number;
  horizon_years: number;
  carbon_usd_t: number;
  projects: InvestProject[];
  /** In the order in which to begin. */
  chosen: { project: string; opens: number }[];
  portfolio: {
    cost_musd: number;
    npv_musd: number | null;
    benefit_cost_ratio: number | null;
  };
  exact: boolean;
  /** This and all values, also those called `_musd`, are in units of the objective. */
  gap: number | null;
  evaluations: number;
  interactions: {
    projects: [string, string];
    alone_musd: [number, number];
    together_musd: number;
    synergy_musd: number;
  }[];
  frontier: { budget_musd: number; value: number; chosen: string[] }[];
  regret: InvestRegret[];
  robust: { chosen: string[]; largest_regret: number } | null;
  expected_value_of_perfect_information_musd: number | null;
  value_of_stochastic_solution_musd: number | null;
  /** null: no openings were asked about. */
  plan: { openings: number[]; waiting_musd: number } | null;
  /** null: not asked about. */
  system_optimum: { chosen: string[]; value_musd: number; by_equilibrium_musd: number } | null;
  /** What the reader has to know. English. */
  notices: string[];
  seconds: number;
}

export type Plain = string | number | boolean | null | (string | number)[];

/** A row of a table that two runs share, by its identifiers, in one of its figures. */
export interface RowChange {
  row: Record<string, string | null>;
  before: number | null;
  after: number | null;
  change: number | null;
}

export interface TableDifference {
  table: string;
  equal: boolean;
  rows_before: number;
  rows_after: number;
  only_before: number;
  only_after: number;
  /** null: not looked into. */
  changed: number | null;
  columns: { column: string; changed: number; largest: RowChange[] }[];
}

/** In what two runs differ; changes are what the second has more. */
export interface RunDifference {
  before: string;
  after: string;
  kind: string;
  equal: boolean;
  inputs: { input: string; before: Plain; after: Plain }[];
  figures: { figure: string; before: Plain; after: Plain; change: number | null }[];
  tables: TableDifference[];
  only_before: string[];
  only_after: string[];
}

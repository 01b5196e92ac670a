/** A stress test and an investment of the small study of the map. */

import type { InvestAnswer, InvestProject, StressAnswer, StressElement } from "../src/contract";
import { Study } from "../src/data/model";
import { pack, smallStudy } from "./map-samples";

/** The small study with two projects: the railway, and the quay with a link that is not there. */
export function studyWithProjects(): Study {
  const { page } = smallStudy();
  const tables = {
    ...page.tables,
    project: pack("project_id name", ["track", "Second track"], ["berths", "More berths"]),
    project_change: pack(
      "project_id table row_id column operation value",
      ["track", "link", "rail", "capacity_kt_y", "set", "20000"],
      ["track", "link", "rail", "time_h", "set", "10"],
      ["berths", "terminal", "quay", "servers", "add", "1"],
      ["berths", "link", "nowhere", "capacity_kt_y", "set", "1"],
    ),
  };
  return new Study({ ...page, tables });
}

function loss(element: string, kind: string, lost_kt: number, more: Partial<StressElement> = {}) {
  return {
    element,
    kind,
    name: null,
    through_kt: 2 * lost_kt,
    lost_kt,
    extra_cost_usd: 0,
    extra_days: null,
    extra_co2_kt: 0,
    welfare_loss_usd: 1e6 * lost_kt,
    outages_per_year: null,
    expected_lost_kt_y: null,
    unserved: [],
    ...more,
  };
}

export function stressAnswer(): StressAnswer {
  return {
    study: "small",
    scenario: "base",
    year: 2024,
    on: "2024-12-31",
    period: ["2024-01-01", "2024-12-31"],
    days: 60,
    capacity_left: 0,
    n: 1,
    base: { shipped_kt: 1000 },
    elements: [
      loss("ferry", "link", 870, {
        unserved: [
          { origin: "KZSCO", destination: "GEPTI", commodity: "oil", kt: 870, reason: "no path" },
        ],
      }),
      loss("quay", "terminal", 400),
      loss("AZ", "country", 40),
      loss("pipe", "link", 5),
      loss("boat-1", "service", 0, { extra_cost_usd: 3e6, extra_days: 2 }),
      loss("rail", "link", -1),
    ],
    elements_tried: 40,
    pairs: [],
    pairs_bounded: null,
    seconds: 1,
  };
}

function project(name: string, part: Partial<InvestProject>): InvestProject {
  return {
    project: name,
    name,
    cost_musd: 100,
    opex_musd_y: 1,
    opens: 2028,
    npv_musd: 50,
    benefit_cost_ratio: 1.5,
    break_even_musd: null,
    user_benefit_musd_y: 10,
    throughput_kt_y: 100,
    resilience_kt: 0,
    co2_kt_y: 1,
    choosable: true,
    why_not: null,
    ...part,
  };
}

export function investAnswer(): InvestAnswer {
  const regret = (chosen: string[], scenario: string, value: number) => ({
    chosen,
    scenario,
    value: 100 - value,
    regret: value,
  });
  return {
    study: "small",
    scenario: "base",
    scenarios: [
      { scenario: "base", weight: 0.5 },
      { scenario: "war", weight: 0.5 },
    ],
    year: 2030,
    budget_musd: 250,
    objective: "npv",
    discount_rate: 0.05,
    horizon_years: 30,
    carbon_usd_t: 100,
    projects: [
      project("berths", { why_not: "beyond the budget", npv_musd: 70 }),
      project("dear", { why_not: "no cost is known", npv_musd: null, cost_musd: null }),
      project("track", {}),
    ],
    chosen: [{ project: "track", opens: 2029 }],
    portfolio: { cost_musd: 100, npv_musd: 50, benefit_cost_ratio: 1.5 },
    exact: true,
    gap: 0,
    evaluations: 12,
    interactions: [],
    frontier: [
      { budget_musd: 0, value: 0, chosen: [] },
      { budget_musd: 100, value: 50, chosen: ["track"] },
    ],
    regret: [
      regret(["track", "berths"], "base", 0),
      regret(["track", "berths"], "war", 30),
      regret(["track"], "base", 10),
      regret(["track"], "war", 12),
    ],
    robust: { chosen: ["track"], largest_regret: 12 },
    expected_value_of_perfect_information_musd: 4,
    value_of_stochastic_solution_musd: 2,
    plan: null,
    system_optimum: null,
    notices: [],
    seconds: 1,
  };
}

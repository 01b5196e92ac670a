/** A balance of the small study of the map: oil over the ferry and by rail, and a little copper. */

import type { SupplyAnswer, SupplyDelivery } from "../src/contract";

function delivery(part: Partial<SupplyDelivery>): SupplyDelivery {
  return {
    commodity: "oil",
    supplier: "KZSCO",
    supplier_country: "KZ",
    owner_country: "KZ",
    consumer: "GEPTI",
    consumer_country: "GE",
    corridor: "titr",
    transit: ["AZ"],
    kt: 100,
    cost_usd_t: 50,
    days: 10,
    co2_kg_t: 20,
    ...part,
  };
}

export function supplyAnswer(): SupplyAnswer {
  return {
    study: "small",
    scenario: "base",
    year: 2024,
    commodities: ["oil", "copper"],
    cost_musd: 12.5,
    deliveries: [
      delivery({ kt: 300 }),
      delivery({ kt: 100, consumer: "GETBS", cost_usd_t: 90, days: null }),
      delivery({ supplier: "AZALA", supplier_country: "AZ", transit: [], kt: 50 }),
      delivery({ commodity: "copper", kt: 10, corridor: null, transit: [] }),
      delivery({ supplier: "stock of GEPTI", transit: [], kt: 1e-9 }),
    ],
    unserved: [
      {
        commodity: "oil",
        consumer: "GEPTI",
        consumer_country: "GE",
        need_kt: 400,
        kt: 50,
        share: 0.125,
        value_musd: 30,
      },
      {
        commodity: "oil",
        consumer: "TRRIZ",
        consumer_country: "TR",
        need_kt: 20,
        kt: 20,
        share: 1,
        value_musd: 12,
      },
    ],
    binding: [
      ...(
        [
          ["service", "boat-1 + boat-2"],
          ["terminal", "quay"],
          ["blend", "pipe"],
          ["supplier", "KZSCO"],
          ["contract", "long-term"],
        ] as const
      ).map(([kind, element], i) => ({
        kind,
        element,
        shadow_usd_t: 40 - i,
        value_musd_unit: 0.04,
        months_binding: 12,
        why: "full in every month",
      })),
    ],
    hhi: {
      oil: { suppliers: 6000, routes: 10000, avoiding: { RU: 1, AZ: 0.2, TR: 0.6 } },
      copper: { suppliers: 10000, routes: null, avoiding: {} },
    },
    n_minus_1: [
      {
        element: "rail",
        kind: "link",
        name: null,
        deficit_kt: 10,
        extra_cost_musd: 90,
        deficits_kt: { oil: 4, copper: 6 },
      },
      {
        element: "AZ",
        kind: "country",
        name: "Azerbaijan",
        deficit_kt: 400,
        extra_cost_musd: 200,
        deficits_kt: { oil: 400 },
      },
      {
        element: "quay",
        kind: "terminal",
        name: null,
        deficit_kt: 0,
        extra_cost_musd: 0,
        deficits_kt: {},
      },
    ],
    n_minus_1_index: {
      oil: {
        percent: 60,
        largest: "titr",
        capacity_kt: 500,
        without_largest_kt: 300,
        need_kt: 520,
      },
    },
    contracts: [
      {
        contract: "long-term",
        name: "Long term",
        commodity: "oil",
        least_kt: 500,
        most_kt: null,
        kt: 450,
        short_kt: 50,
        shadow_usd_t: 3,
        conflict: "the capacity of rail",
      },
      {
        contract: "kept",
        name: null,
        commodity: "oil",
        least_kt: 5,
        most_kt: null,
        kt: 450,
        short_kt: 0,
        shadow_usd_t: 0,
        conflict: null,
      },
    ],
    stocks: [1, 2].map((month) => ({
      node: "GEPTI",
      commodity: "oil",
      month,
      level_kt: 60 - 20 * month,
      filled_kt: 0,
      drawn_kt: 20,
      lost_kt: 0,
      worth_usd_t: 5,
    })),
    notices: [],
    seconds: { build: 1, solve: 2 },
    links: [
      { link: "ferry", commodity: "oil", forward: true, kt: 400 },
      { link: "ferry", commodity: "copper", forward: true, kt: 10 },
      { link: "rail", commodity: "oil", forward: false, kt: 5 },
      { link: "elsewhere", commodity: "oil", forward: true, kt: 5 },
    ],
    elements: [
      {
        kind: "service",
        element: "boat-1 + boat-2",
        forward: true,
        unit: "kt",
        capacity: 410,
        flow: 410,
        utilisation: 1,
      },
      {
        kind: "terminal",
        element: "quay",
        forward: null,
        unit: "kt",
        capacity: 820,
        flow: 410,
        utilisation: 0.5,
      },
      {
        kind: "link",
        element: "rail",
        forward: null,
        unit: "kt",
        capacity: null,
        flow: 5,
        utilisation: null,
      },
    ],
  };
}

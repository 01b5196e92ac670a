import { afterEach, describe, expect, it, vi } from "vitest";
import { flyTo, locale, selected, study, tab } from "../src/state";
import { worldOf } from "../src/tabs/questions/world";
import {
  avoidances,
  brokenContracts,
  deficitOf,
  deliveriesByRoute,
  needsByCountry,
  stockYears,
  totalNeed,
  worstStops,
} from "../src/tabs/supply/figures";
import { faultOf, form, requestOf, type SupplyForm } from "../src/tabs/supply/form";
import { limitName, routeName, selectionFor, show, supplierName } from "../src/tabs/supply/names";
import { ask, asking, balance, commodityShown, showCommodity } from "../src/tabs/supply/state";
import { CONTEXT, smallStudy } from "./map-samples";
import { supplyAnswer } from "./supply-samples";

const EMPTY: SupplyForm = form.value;
afterEach(() => {
  vi.unstubAllGlobals();
  form.value = EMPTY;
  asking.newest.value = null;
  asking.refusal.value = null;
  asking.fault.value = null;
  study.value = null;
  selected.value = null;
  flyTo.value = null;
  showCommodity(null);
  tab.value = "map";
  locale.value = "en";
});

describe("the figures of a balance", () => {
  const answer = supplyAnswer();

  it("sum need and deliveries by country of the consumers", () => {
    expect(needsByCountry(answer, "oil")).toEqual([
      { country: "GE", need_kt: 500 + 1e-9, delivered_kt: 450 + 1e-9, unserved_kt: 50 },
      { country: "TR", need_kt: 20, delivered_kt: 0, unserved_kt: 20 },
    ]);
    expect(totalNeed(answer, "copper")).toEqual({
      need_kt: 10,
      delivered_kt: 10,
      unserved_kt: 0,
    });
    expect(totalNeed(answer, null).need_kt).toBeCloseTo(530);
  });

  it("sum deliveries by supplier and route, with means over what is known", () => {
    const rows = deliveriesByRoute(answer, "oil");
    expect(rows.map((row) => [row.supplier, row.kt])).toEqual([
      ["KZSCO", 400],
      ["AZALA", 50],
    ]);
    expect(rows[0]).toMatchObject({ cost_usd_t: 60, days: 10, transit: ["AZ"] });
    expect(rows[0]?.share).toBeCloseTo(400 / 450);
    expect(deliveriesByRoute(answer, null)).toHaveLength(3);
  });

  it("have the worst stop first, of all goods or of one", () => {
    expect(worstStops(answer, null).map((stop) => stop.element)).toEqual(["AZ", "rail"]);
    expect(worstStops(answer, "copper").map((stop) => stop.element)).toEqual(["rail", "AZ"]);
    expect(deficitOf(worstStops(answer, null)[0] as never, "copper")).toBe(0);
  });

  it("name only the contracts that are not kept", () => {
    expect(brokenContracts(answer, null).map((row) => row.contract)).toEqual(["long-term"]);
    expect(brokenContracts(answer, "copper")).toEqual([]);
  });

  it("tell how long the lowest level of a stock would last", () => {
    const [stock] = stockYears(answer, null);
    expect(stock).toMatchObject({ least_kt: 20, most_kt: 40, drawn_kt: 40 });
    expect(stock?.days).toBeCloseTo((365 * 20) / 520);
    expect(stockYears(answer, "copper")).toEqual([]);
  });

  it("leave out countries that nothing crosses", () => {
    expect(avoidances(answer.hhi.oil?.avoiding ?? {})).toEqual([
      ["AZ", 0.2],
      ["TR", 0.6],
    ]);
  });
});

describe("the form of a balance", () => {
  it("asks for the scenario under work, unless told otherwise", () => {
    expect(requestOf(EMPTY, CONTEXT)).toEqual({
      study: "small",
      scenario: { name: "draft" },
      commodities: null,
      year: null,
      embargo: [],
      buyers: null,
      contracts: true,
      carbon_price_usd_t: 0,
      n_minus_1: true,
      frontier: null,
    });
    const ofRun = requestOf({ ...EMPTY, world: "run" }, CONTEXT);
    expect([ofRun.scenario, ofRun.year]).toEqual([{ name: "of the run" }, 2023]);
    expect(requestOf({ ...EMPTY, world: "study" }, CONTEXT).scenario).toBeNull();
    expect(worldOf({ world: "run" }, { run: null })).toBe("draft");
  });

  it("sends buyers only with an embargo", () => {
    const asked = { ...EMPTY, buyers: ["DE"], carbonPrice: "80", year: "2030", avoid: "RU" };
    expect(requestOf(asked, CONTEXT)).toMatchObject({
      buyers: null,
      carbon_price_usd_t: 80,
      year: 2030,
      frontier: { avoid: "RU" },
    });
    expect(requestOf({ ...asked, embargo: ["RU"] }, CONTEXT).buyers).toEqual(["DE"]);
  });

  it("says what cannot be sent", () => {
    expect(faultOf(EMPTY)).toBeNull();
    for (const year of ["1800", "2024.5", "soon"]) {
      expect(faultOf({ ...EMPTY, year })).toBe("question.fault.year");
    }
    for (const carbonPrice of ["-1", "1e9", "much"]) {
      expect(faultOf({ ...EMPTY, carbonPrice })).toBe("supply.fault.carbon");
    }
  });
});

describe("asking for a balance", () => {
  function answering(status: number, body: unknown) {
    const fetched = vi.fn(
      async (_path: string, _options: RequestInit) =>
        new Response(JSON.stringify(body), { status }),
    );
    vi.stubGlobal("fetch", fetched);
    return fetched;
  }

  it("shows the answer, for as long as its study is open", async () => {
    study.value = smallStudy();
    const fetched = answering(200, supplyAnswer());
    await ask();
    expect(fetched.mock.calls.map(([path]) => path)).toEqual(["/api/supply", "/api/supply"]);
    const bodies = fetched.mock.calls.map(([, { body }]) => JSON.parse(String(body)));
    expect(bodies.map((body) => body.n_minus_1)).toEqual([false, true]);
    expect(balance.value?.year).toBe(2024);
    expect(asking.isAsking.value).toBe(false);
    showCommodity("copper");
    expect(commodityShown.value).toBe("copper");
    showCommodity("spice");
    expect(commodityShown.value).toBeNull();
    study.value = null;
    expect(balance.value).toBeNull();
  });

  it("shows a refusal in place of the answer before", async () => {
    asking.newest.value = supplyAnswer();
    answering(422, { problems: [{ message: "there is no year 1901" }] });
    await ask();
    expect(asking.refusal.value?.problems[0]?.message).toBe("there is no year 1901");
    expect(asking.newest.value).toBeNull();
  });

  it("keeps the balance where the rest is refused", async () => {
    study.value = smallStudy();
    const answers = [
      new Response(JSON.stringify(supplyAnswer())),
      new Response(JSON.stringify({ problems: [{ message: "too long" }] }), { status: 503 }),
    ];
    vi.stubGlobal("fetch", async () => answers.shift());
    await ask();
    expect(balance.value?.year).toBe(2024);
    expect(asking.refusal.value?.problems[0]?.message).toBe("too long");
  });

  it("sends nothing that is wrong, and can be given up", async () => {
    const fetched = answering(200, supplyAnswer());
    form.value = { ...EMPTY, year: "soon" };
    await ask();
    expect(asking.fault.value).toBe("question.fault.year");
    expect(fetched).not.toHaveBeenCalled();
    form.value = EMPTY;
    const underWay = ask();
    expect(asking.isAsking.value).toBe(true);
    asking.giveUp();
    await underWay;
    expect([asking.isAsking.value, asking.newest.value]).toEqual([false, null]);
  });
});

describe("names and places of a balance", () => {
  const world = smallStudy();

  it("are those of the study", () => {
    expect(supplierName(world, "KZSCO")).toBe("Aktau sea port");
    expect(supplierName(world, "stock of GEPTI")).toBe("stock of Poti");
    expect(routeName(world, "titr", ["AZ", "GE"])).toBe(
      "Trans-Caspian, through Azerbaijan and Georgia",
    );
    expect(routeName(world, null, [])).toBe("through no third country");
    expect(limitName(world, "link", "rail")).toBe("Main line: Alat – Tbilisi");
    expect(limitName(world, "country", "RU")).toBe("Russia");
    expect(limitName(world, "supplier", "KZ")).toBe("Kazakhstan");
    expect(limitName(world, "corridor", "titr")).toBe("Trans-Caspian");
    expect(limitName(world, "chokepoint", "GEPTI")).toBe("Poti");
    expect(limitName(world, "contract", "long-term", "Long term")).toBe("Long term");
    locale.value = "fr";
    expect(supplierName(world, "stock of GEPTI")).toBe("stock de Poti");
  });

  it("select what has a place", () => {
    expect(selectionFor(world, "service", "boat-1 + boat-2")).toEqual({
      kind: "service",
      id: "boat-1",
    });
    expect(selectionFor(world, "blend", "pipe")).toEqual({ kind: "link", id: "pipe" });
    expect(selectionFor(world, "supplier", "stock of GEPTI")).toEqual({
      kind: "node",
      id: "GEPTI",
    });
    expect(selectionFor(world, "contract", "long-term")).toBeNull();
    expect(selectionFor(world, "corridor", "titr")).toBeNull();
    expect(selectionFor(world, "supplier", "KZ")).toEqual({ kind: "country", id: "KZ" });
    show(world, null);
    expect(selected.value).toBeNull();
    show(world, { kind: "node", id: "GEPTI" });
    expect(selected.value).toEqual({ kind: "node", id: "GEPTI" });
    expect(flyTo.value?.longitude).toBeCloseTo(41.65);
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { Run, Study } from "../src/data/model";
import {
  centreOf,
  elementName,
  nameOf,
  placesOf,
  selectionOf,
  shortName,
  useName,
} from "../src/data/names";
import {
  bottlenecks,
  corridorSums,
  elementsOf,
  eventsOf,
  flowsOf,
  observationsOf,
  queueWeeks,
  sameElement,
  scopeNames,
} from "../src/data/queries";
import { entriesOf, plain, search } from "../src/data/search";
import { locale } from "../src/state";
import { runPage, studyPage } from "./data-samples";

const study = new Study(studyPage());
const run = new Run(runPage());

afterEach(() => {
  locale.value = "en";
});

describe("names", () => {
  it("are those of the study, or say what and where an element is", () => {
    const names = [
      nameOf(study, { kind: "node", id: "KZSCO" }),
      nameOf(study, { kind: "link", id: "KZSCO-AZALA" }),
      nameOf(study, { kind: "link", id: "KZBEY-KZSCO" }),
      nameOf(study, { kind: "terminal", id: "KZSCO-dry" }),
      nameOf(study, { kind: "terminal", id: "KZSCO-border" }),
      nameOf(study, { kind: "service", id: "asco" }),
      nameOf(study, { kind: "country", id: "KZ" }),
    ];
    expect(names).toEqual([
      "Aktau sea port (Kazakhstan)",
      "Aktau sea port – Alat",
      "Mangystau line: Beyneu → Aktau sea port",
      "Transshipment rail–ferry, Aktau sea port",
      "Border with Azerbaijan, Aktau sea port",
      "ASCO: Aktau sea port – Alat",
      "Kazakhstan",
    ]);
  });

  it("are ids where the study does not know the element", () => {
    expect(nameOf(study, { kind: "node", id: "XXXXX" })).toBe("XXXXX");
    expect(useName("timber")).toBe("timber");
  });

  it("follow the language", () => {
    locale.value = "fr";
    expect(nameOf(study, { kind: "country", id: "KZ" })).toBe("Kazakhstan");
    expect(nameOf(study, { kind: "country", id: "DE" })).toBe("Allemagne");
  });

  it("are short without brackets, slashes and dashes", () => {
    expect(["Kuryk (Yeralievo) ferry port", "Alat - Baku port", "Ust-Luga"].map(shortName)).toEqual(
      ["Kuryk", "Alat", "Ust-Luga"],
    );
  });

  it("of services of one berth stand together, and select the first", () => {
    const name = elementName(study, "asco + kmtf", "service");
    expect(name).toBe("ASCO: Aktau sea port – Alat + KMTF: Aktau sea port – Alat");
    expect(selectionOf("asco + kmtf", "service")).toEqual({ kind: "service", id: "asco" });
  });
});

describe("places", () => {
  it("of an element are the nodes at which it is", () => {
    expect(placesOf(study, { kind: "service", id: "asco" })).toEqual(["KZSCO", "AZALA"]);
    expect(placesOf(study, { kind: "country", id: "KZ" })).toEqual(["KZSCO", "KZBEY"]);
    expect(placesOf(study, { kind: "terminal", id: "none" })).toEqual([]);
  });

  it("have a centre between them", () => {
    const centre = centreOf(study, { kind: "link", id: "KZSCO-AZALA" });
    expect(centre?.longitude).toBeCloseTo(50.3);
    expect(centre?.latitude).toBeCloseTo(41.8);
    expect(centreOf(study, { kind: "country", id: "FR" })).toBeNull();
  });
});

describe("flows of an element", () => {
  it("are by direction on links, terminals and services", () => {
    expect(flowsOf(run, study, { kind: "link", id: "KZSCO-AZALA" }, "kt")).toEqual({
      ways: "direction",
      commodities: [
        { commodity_id: "grain", first: 70, second: 0 },
        { commodity_id: "machinery", first: 0, second: 5 },
      ],
    });
    const service = flowsOf(run, study, { kind: "service", id: "kmtf" }, "kt");
    expect(service.commodities).toEqual([{ commodity_id: "grain", first: 70, second: 0 }]);
  });

  it("are what arrives and leaves at a place, and over the borders of a country", () => {
    const place = flowsOf(run, study, { kind: "node", id: "KZSCO" }, "kt");
    expect(place).toEqual({
      ways: "border",
      commodities: [
        { commodity_id: "grain", first: 80, second: 70 },
        { commodity_id: "machinery", first: 5, second: 0 },
      ],
    });
    const country = flowsOf(run, study, { kind: "country", id: "KZ" }, "kt");
    expect(country.commodities).toEqual([
      { commodity_id: "grain", first: 0, second: 70 },
      { commodity_id: "machinery", first: 5, second: 0 },
    ]);
  });

  it("leave out goods without any of the unit", () => {
    const { commodities } = flowsOf(run, study, { kind: "link", id: "KZSCO-AZALA" }, "kteu");
    expect(commodities.map((flow) => flow.commodity_id)).toEqual(["machinery"]);
  });

  it("are none where the run has no such table", () => {
    const bare = new Run({ ...runPage(), tables: {} });
    expect(flowsOf(bare, study, { kind: "node", id: "KZSCO" }, "kt").commodities).toEqual([]);
  });
});

describe("what a run says of an element", () => {
  it("is found for each service of a berth", () => {
    expect(elementsOf(run, "elements", { kind: "service", id: "kmtf" })).toHaveLength(1);
    expect(elementsOf(run, "elements", { kind: "link", id: "kmtf" })).toEqual([]);
  });

  it("is the same element of another run by way and unit", () => {
    const row = { element: "a", forward: true, unit: "kt" };
    const others = [
      { ...row, forward: false },
      { ...row, unit: "kteu" },
      { ...row, unit: null, wait_h: 3 },
    ];
    expect(sameElement(others, row)).toMatchObject({ wait_h: 3 });
    expect(sameElement(others.slice(0, 2), row)).toBeNull();
  });

  it("has its queue by week in order of time", () => {
    const [series] = queueWeeks(run, { kind: "terminal", id: "KZSCO-dry" });
    expect(series?.weeks).toEqual([
      { from_date: "2024-01-01", queue_mean: 2 },
      { from_date: "2024-01-08", queue_mean: 4 },
    ]);
  });
});

describe("what the study says of an element", () => {
  it("are its events in order of time", () => {
    const events = eventsOf(study, { kind: "node", id: "KZSCO" });
    expect(events.map((event) => event.event_id)).toEqual(["storm-1", "storm-2"]);
  });

  it("are the observations whose scope names it", () => {
    const found = observationsOf(study, { kind: "link", id: "KZBEY-KZSCO" });
    expect(found.map((row) => row.observation_id)).toEqual(["a"]);
    expect(scopeNames("od:KZBEY>AZALA", { kind: "node", id: "AZALA" })).toBe(true);
    expect(scopeNames("node:KZSCO", { kind: "link", id: "KZSCO" })).toBe(false);
    expect(scopeNames(null, { kind: "node", id: "KZSCO" })).toBe(false);
  });
});

describe("sums of a run", () => {
  it("weight corridors by tonnes over the directions", () => {
    const both = corridorSums(run, "both");
    expect(both.map((sum) => sum.corridor)).toEqual(["regional", "titr"]);
    expect(both[1]).toMatchObject({ kt: 40, kteu: 2, share: 0.4, days_mean: 17.5, cost_usd_t: 90 });
    expect(corridorSums(run, "eastbound")).toHaveLength(1);
  });

  it("rank bottlenecks by scarcity, then by waiting", () => {
    expect(bottlenecks(run, 10).map((row) => row.element)).toEqual(["KZSCO-dry", "asco + kmtf"]);
    expect(bottlenecks(run, 1)).toHaveLength(1);
  });
});

describe("the search", () => {
  const entries = entriesOf(study);
  const ids = (text: string) => search(entries, text, 12).map(({ selection }) => selection.id);

  it("finds codes first, then names, places before what is at them", () => {
    expect(ids("kzaau")[0]).toBe("KZSCO");
    expect(ids("aktau")[0]).toBe("KZSCO");
    expect(ids("az")[0]).toBe("AZ");
    expect(ids("transshipment aktau")).toEqual(["KZSCO-dry"]);
  });

  it("asks for no accents and capitals, and no order of words", () => {
    expect(plain("Türkiye Çanakkale")).toBe("turkiye canakkale");
    expect(ids("PORT sea")[0]).toBe("KZSCO");
  });

  it("finds nothing for nothing", () => {
    expect(ids("  ")).toEqual([]);
    expect(ids("zzz")).toEqual([]);
    expect(search(entries, "a", 2)).toHaveLength(2);
  });
});

/** The start of the page: what it shows first, from a report or from the server. */

import { batch, effect } from "@preact/signals";
import type { Problem, ReportData, RunInfo, RunPage } from "../contract";
import {
  answer,
  baseline,
  colourBy,
  commodity,
  corridor,
  direction,
  mode,
  pageState,
  problems,
  run,
  runs,
  selected,
  studies,
  study,
  tab,
  unit,
  version,
} from "../state";
import { formatAddress, type PageAddress, parseAddress } from "./address";
import { getAbout, getRunPage, getRuns, getStudies, getStudy, problemsOf } from "./api";
import { Run, Study } from "./model";

/** Start the page: fill the state, and let the address follow it from then on. */
export async function boot(): Promise<void> {
  const address = parseAddress(location.hash);
  try {
    const data = document.getElementById("page-data");
    if (data) openReport(JSON.parse(data.textContent ?? "") as ReportData, address);
    else await openServer(address);
    pageState.value = "ready";
    followAddress();
  } catch (error) {
    batch(() => {
      problems.value = problemsOf(error);
      pageState.value = "failed";
    });
  }
}

/** Show a report: its study, its run, and its second run as what that is compared with. */
export function openReport(data: ReportData, address: PageAddress): void {
  batch(() => {
    mode.value = "report";
    version.value = data.sogdia;
    study.value = new Study(data.study);
    const [first, second] = data.runs;
    run.value = first ? new Run(first) : null;
    baseline.value = second ? new Run(second) : null;
    answer.value = data.answers[0] ?? null;
    applyView(address);
  });
}

async function openServer(address: PageAddress): Promise<void> {
  mode.value = "server";
  const [about, known, past] = await Promise.all([getAbout(), getStudies(), getRuns()]);
  batch(() => {
    version.value = about.sogdia;
    studies.value = known;
    runs.value = past;
  });
  const asked = past.find((info) => info.run_id === address.run)?.study ?? address.study;
  const usable = known.filter((info) => info.problems.length === 0).map((info) => info.study);
  const name = [asked, about.study, usable[0]].find((one) => one && usable.includes(one));
  if (!name) throw new Error(brokenStudies(known));
  await openStudy(name, address.run);
  if (address.compare) await compareWith(address.compare);
  applyView(address);
}

function brokenStudies(known: typeof studies.value): string {
  const reasons = known.map((info) => `${info.study}: ${info.problems[0]?.message}`);
  return `no study can be used; ${reasons.join("; ") || "the server has none"}`;
}

/** Open a study with the run asked for, or else with its newest finished run. */
export async function openStudy(name: string, runId: string | null = null): Promise<void> {
  const newest = newestDone(runs.value, name)?.run_id ?? null;
  const wanted = runId ?? newest;
  const [page, runPage] = await Promise.all([getStudy(name), wanted && askedRun(wanted)]);
  batch(() => {
    study.value = new Study(page);
    run.value = null;
    baseline.value = null;
    selected.value = null;
    commodity.value = null;
    corridor.value = null;
    answer.value = null;
  });
  if (!wanted || (await openRun(wanted, runPage || undefined))) return;
  if (!newest || newest === wanted) return;
  // What was asked for and cannot be opened is said; the newest stands in its place.
  const told = problems.value;
  await openRun(newest);
  problems.value = [...told, ...problems.value];
}

/** Ask for a run whose answer is looked at later; a refusal of it is no refusal of the study. */
function askedRun(id: string): Promise<() => RunPage> {
  return getRunPage(id).then(
    (page) => () => page,
    (error: unknown) => () => {
      throw error;
    },
  );
}

/** Return the newest finished run of a study; `infos` has the newest first. */
export function newestDone(infos: readonly RunInfo[], name: string): RunInfo | null {
  return infos.find((info) => info.study === name && info.state === "done") ?? null;
}

let lastOpened = 0;
let lastCompared = 0;

/** Show a run of the server on the map; tell whether it is there now. */
export async function openRun(id: string, asked?: () => RunPage): Promise<boolean> {
  const turn = ++lastOpened;
  problems.value = [];
  try {
    const page = asked ? asked() : await getRunPage(id);
    // Another was asked for meanwhile.
    if (turn !== lastOpened) return true;
    if (page.study !== study.value?.page.study) {
      await openStudy(page.study, id);
      return true;
    }
    batch(() => {
      run.value = new Run(page);
      if (baseline.value?.page.run_id === id) baseline.value = null;
    });
    return true;
  } catch (error) {
    tellProblems(id, error);
    return false;
  }
}

/** Compare the run shown with another of the same study, or with none any more. */
export async function compareWith(id: string | null): Promise<void> {
  const turn = ++lastCompared;
  if (id === null || id === run.value?.page.run_id) {
    baseline.value = null;
    return;
  }
  try {
    const page = await getRunPage(id);
    if (turn === lastCompared && page.study === study.value?.page.study) {
      baseline.value = new Run(page);
    }
  } catch (error) {
    tellProblems(id, error);
  }
}

function tellProblems(id: string, error: unknown): void {
  const named = (problem: Problem): Problem => ({
    ...problem,
    message: `${id}: ${problem.message}`,
  });
  problems.value = problemsOf(error).map(named);
}

/** Take from an address what is shown of the run, as far as the study has it. */
function applyView(address: PageAddress): void {
  const open = study.value;
  const known = (table: string, id: string | null) =>
    id && open && open.find(table, `${table}_id`, id) >= 0 ? id : null;
  batch(() => {
    tab.value = address.tab;
    commodity.value = known("commodity", address.commodity);
    corridor.value = known("corridor", address.corridor);
    direction.value = address.direction;
    colourBy.value = address.colour;
    unit.value = address.unit;
    const { selected: asked } = address;
    const there = asked?.kind === "country" || known(asked?.kind ?? "", asked?.id ?? null);
    selected.value = there ? asked : null;
  });
}

/** The address of what is shown now. */
function addressNow(): PageAddress {
  const onServer = mode.value === "server";
  return {
    study: onServer && !run.value ? (study.value?.page.study ?? null) : null,
    run: onServer ? (run.value?.page.run_id ?? null) : null,
    compare: onServer ? (baseline.value?.page.run_id ?? null) : null,
    tab: tab.value,
    commodity: commodity.value,
    direction: direction.value,
    corridor: corridor.value,
    colour: colourBy.value,
    unit: unit.value,
    selected: selected.value,
  };
}

/** The title of the window; a report has its own. */
function titleNow(): string {
  const names = [run.value?.page.scenario.title, study.value?.page.title, "Sogdia"];
  return names.filter(Boolean).join(" · ");
}

function followAddress(): void {
  effect(() => {
    if (mode.value === "server") document.title = titleNow();
  });
  effect(() => {
    const hash = formatAddress(addressNow());
    if (hash === location.hash.replace(/^#/, "")) return;
    try {
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    } catch {
      // Some browsers do not let a page from a file change its address.
    }
  });
  window.addEventListener("hashchange", () => {
    void goTo(parseAddress(location.hash));
  });
}

/** Go to an address that the reader typed or pasted. */
async function goTo(address: PageAddress): Promise<void> {
  if (mode.value === "server") {
    if (address.run && address.run !== run.value?.page.run_id) await openRun(address.run);
    if (address.compare !== (baseline.value?.page.run_id ?? null)) {
      await compareWith(address.compare);
    }
  }
  applyView(address);
}

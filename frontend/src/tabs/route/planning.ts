/** Asking the planner: the request that is under way, its answer or its refusal. */

import { signal } from "@preact/signals";
import type { Refusal } from "../../contract";
import { ApiError, postRoute, problemsOf } from "../../data/api";
import { allRows } from "../../data/queries";
import { answer, draft, itinerary, run, study } from "../../state";
import { contentToSend } from "../scenario/running";
import { type Context, faultOf, form, requestOf } from "./form";

export const isPlanning = signal(false);
export const refusal = signal<Refusal | null>(null);
/** Why the form was not sent, as the key of a text. */
export const fault = signal<string | null>(null);

let underWay: AbortController | null = null;

export function contextNow(): Context {
  const shown = run.value?.page;
  const commodities = study.value ? allRows(study.value.table("commodity")) : [];
  return {
    study: study.value?.page.study ?? "",
    run: shown ? { run_id: shown.run_id, year: shown.year, content: shown.scenario.content } : null,
    draft: contentToSend(draft.value),
    commodity: String(commodities[0]?.commodity_id ?? ""),
  };
}

/** Ask for ways, and if `whyNot` names something, why they do not pass there. */
export async function plan(whyNot: string | null = null): Promise<void> {
  const context = contextNow();
  fault.value = faultOf(form.value, context);
  if (fault.value) return;
  underWay?.abort();
  const own = new AbortController();
  underWay = own;
  isPlanning.value = true;
  refusal.value = null;
  try {
    const found = await postRoute(requestOf(form.value, context, whyNot), own.signal);
    if (underWay !== own) return;
    answer.value = found;
    itinerary.value = found.itineraries[0]?.rank ?? null;
  } catch (error) {
    if (underWay !== own) return;
    refusal.value = error instanceof ApiError ? error.refusal : { problems: problemsOf(error) };
    // What is asked in addition takes nothing away from the answer that is there.
    if (whyNot === null) {
      answer.value = null;
      itinerary.value = null;
    }
  } finally {
    if (underWay === own) {
      underWay = null;
      isPlanning.value = false;
    }
  }
}

/** Give up the request that is under way. */
export function giveUp(): void {
  underWay?.abort();
  underWay = null;
  isPlanning.value = false;
}

/** The choice of projects that is looked at, and the one project. */

import { signal } from "@preact/signals";
import type { InvestAnswer, InvestRequest } from "../../contract";
import { postInvest } from "../../data/api";
import { Asking } from "../questions/asking";
import { contextNow } from "../route/planning";
import { faultOf, form, requestOf } from "./form";

export const asking = new Asking<InvestRequest, InvestAnswer>("invest", postInvest);

/** The choice on the map. */
export const choiceOnMap = asking.onMap;

/** Id of the project that stands out. */
export const projectShown = signal<string | null>(null);

/** Ask which projects to build within the budget of the form. */
export async function ask(): Promise<void> {
  asking.fault.value = faultOf(form.value);
  if (asking.fault.value) return;
  projectShown.value = null;
  await asking.ask(requestOf(form.value, contextNow()));
}

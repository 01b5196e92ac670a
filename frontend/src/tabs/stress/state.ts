/** The stress test that is looked at, and by which of its figures. */

import { signal } from "@preact/signals";
import type { StressAnswer, StressRequest } from "../../contract";
import { postStress } from "../../data/api";
import { Asking } from "../questions/asking";
import { contextNow } from "../route/planning";
import type { MeasureKey } from "./figures";
import { faultOf, form, requestOf } from "./form";

export const asking = new Asking<StressRequest, StressAnswer>("stress", postStress);

/** The losses on the map. */
export const lossesOnMap = asking.onMap;

/** By what losses are ranked and drawn. */
export const measure = signal<MeasureKey>("lost_kt");

/** Ask what the loss of each element costs that the form names. */
export async function ask(): Promise<void> {
  asking.fault.value = faultOf(form.value);
  if (!asking.fault.value) await asking.ask(requestOf(form.value, contextNow()));
}

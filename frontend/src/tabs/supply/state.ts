/** The supply balance that is looked at, and what of it. */

import { computed, signal } from "@preact/signals";
import type { SupplyAnswer, SupplyRequest } from "../../contract";
import { postSupply } from "../../data/api";
import { Asking } from "../questions/asking";
import { contextNow } from "../route/planning";
import { faultOf, form, requestOf } from "./form";

export const asking = new Asking<SupplyRequest, SupplyAnswer>("supply", postSupply);

/** The balance of the open study. */
export const balance = asking.answer;
/** The balance on the map. */
export const balanceOnMap = asking.onMap;

const asked = signal<string | null>(null);
/** The one commodity that is looked at; null: all. */
export const commodityShown = computed(() =>
  asked.value !== null && balance.value?.commodities.includes(asked.value) ? asked.value : null,
);
export function showCommodity(commodity: string | null): void {
  asked.value = commodity;
}

/** The limit that is looked at, by its place among those that bind. */
export const limitShown = signal<number | null>(null);

/**
 * Ask for the balance that the form describes; then for the stops and the frontier, which take
 * longer than the reader should wait for the balance.
 */
export async function ask(): Promise<void> {
  asking.fault.value = faultOf(form.value);
  if (asking.fault.value) return;
  limitShown.value = null;
  const whole = requestOf(form.value, contextNow());
  await asking.ask({ ...whole, n_minus_1: false, frontier: null }, whole);
}

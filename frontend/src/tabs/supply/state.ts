/** The supply balance that is looked at, and what of it. */

import { computed, signal } from "@preact/signals";
import type { SupplyAnswer } from "../../contract";
import { study, tab } from "../../state";

export const SUPPLY_TAB = "supply";

/** The newest balance; of whatever study was open when it was asked for. */
export const newest = signal<SupplyAnswer | null>(null);
/** The balance of the open study. */
export const balance = computed(() =>
  newest.value?.study === study.value?.page.study ? newest.value : null,
);

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

/** The balance on the map: only where it is looked at. */
export const balanceOnMap = computed(() => (tab.value === SUPPLY_TAB ? balance.value : null));

/** The tabs of the page: every file `tabs/*Tab.tsx` is one. */

import { computed } from "@preact/signals";
import { tab } from "../state";
import type { TabDefinition } from "../tabs/definition";

const files = import.meta.glob<{ tab: TabDefinition }>("../tabs/*Tab.tsx", { eager: true });

const allTabs: readonly TabDefinition[] = Object.values(files)
  .map((file) => file.tab)
  .sort((a, b) => a.order - b.order);

/** Tabs that have something to show now. */
export const tabs = computed(() => allTabs.filter((one) => one.available()));

/** The tab that is open: the one asked for, or else the first. */
export const openTab = computed(
  () => tabs.value.find((one) => one.id === tab.value) ?? tabs.value[0] ?? null,
);

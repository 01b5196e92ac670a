/** What a tab is; every file `tabs/*Tab.tsx` exports one as `tab`. */

import type { ComponentType } from "preact";
import type { TabId } from "../state";

export interface TabDefinition {
  id: TabId;
  /** Key of its title among the texts. */
  title: string;
  /** Tabs stand in this order. */
  order: number;
  /** Whether there is anything to show; called while signals are tracked. */
  available: () => boolean;
  Panel: ComponentType;
}

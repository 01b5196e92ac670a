/** The tabs in the bar: arrows, Home and End move between them. */

import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { tab } from "../state";
import { openTab, tabs } from "./tabs";

const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export function TabBar() {
  const list = useRef<HTMLDivElement>(null);
  const open = openTab.value;
  const shown = tabs.value;

  // On a narrow screen the tabs scroll.
  useEffect(() => {
    const button = list.current?.querySelector<HTMLElement>("[aria-selected=true]");
    if (button && list.current) list.current.scrollLeft = button.offsetLeft - 24;
  }, [open]);

  function onKeyDown(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (!step || !open) return;
    event.preventDefault();
    const next = shown[step(shown.indexOf(open), shown.length)];
    if (!next) return;
    tab.value = next.id;
    document.getElementById(`shell-tab-${next.id}`)?.focus();
  }

  return (
    <div
      class="shell-tabs"
      role="tablist"
      tabIndex={-1}
      aria-label={t("shell.tabs")}
      ref={list}
      onKeyDown={onKeyDown}
    >
      {shown.map((one) => (
        <button
          key={one.id}
          id={`shell-tab-${one.id}`}
          class="shell-tab"
          type="button"
          role="tab"
          aria-selected={one === open}
          aria-controls="shell-panel"
          tabIndex={one === open ? 0 : -1}
          onClick={() => {
            tab.value = one.id;
          }}
        >
          {t(one.title)}
        </button>
      ))}
    </div>
  );
}

/** Notices, sections, badges and progress: what a part of the page says about itself. */

import type { ComponentChildren } from "preact";
import { formatPercent } from "../i18n";

export type Tone = "info" | "warn" | "bad" | "good";

export interface NoticeProps {
  tone?: Tone;
  title?: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}

export function Notice({ tone = "info", title, children, action }: NoticeProps) {
  return (
    <div class={`ui-notice ui-notice-${tone}`} role={tone === "bad" ? "alert" : undefined}>
      {title && <p class="ui-notice-title">{title}</p>}
      {children}
      {action && <div class="ui-notice-action">{action}</div>}
    </div>
  );
}

export interface SectionProps {
  title: string;
  /** What stands at the right of the title. */
  aside?: ComponentChildren;
  children: ComponentChildren;
}

export function Section({ title, aside, children }: SectionProps) {
  return (
    <section class="ui-section" aria-label={title}>
      <div class="ui-section-head">
        <h3>{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  );
}

export interface DisclosureProps {
  title: ComponentChildren;
  open?: boolean;
  onToggle?: (isOpen: boolean) => void;
  children: ComponentChildren;
}

export function Disclosure({ title, open, onToggle, children }: DisclosureProps) {
  return (
    <details
      class="ui-disclosure"
      open={open}
      onToggle={(event) => onToggle?.(event.currentTarget.open)}
    >
      <summary>{title}</summary>
      <div class="ui-disclosure-body">{children}</div>
    </details>
  );
}

export function Badge({ tone, children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`ui-badge${tone ? ` ui-badge-${tone}` : ""}`}>{children}</span>;
}

export interface ProgressProps {
  label: string;
  done: number | null;
  /** 0 or null: it is not known how much there is. */
  total: number | null;
}

export function Progress({ label, done, total }: ProgressProps) {
  const share = done !== null && total ? Math.min(done / total, 1) : null;
  return (
    <div class="ui-progress">
      <div class="ui-progress-head">
        <span>{label}</span>
        {share !== null && <span>{formatPercent(share)}</span>}
      </div>
      <progress aria-label={label} max={1} {...(share === null ? {} : { value: share })} />
    </div>
  );
}

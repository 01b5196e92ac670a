/** Where a figure comes from, with its link; assumptions are marked and give their reasons. */

import { formatDate, t } from "../i18n";
import { study } from "../state";
import { Badge, Icon } from "../ui";

/** Return an address that may be linked: only those of the web. */
function webAddress(address: unknown): string | null {
  return typeof address === "string" && /^https?:\/\//.test(address) ? address : null;
}

export interface SourceProps {
  id: string | null | undefined;
  /** Show its note as well: what was read from it, and how. */
  withNote?: boolean;
}

export function Source({ id, withNote = true }: SourceProps) {
  const row = id ? study.value?.row("source", "source_id", id) : null;
  if (!row) return <p class="panel-source">{t("shell.source.none")}</p>;
  const address = webAddress(row.address);
  const title = String(row.title ?? id);
  const details = [row.publisher, row.date && formatDateOfSource(String(row.date))];
  return (
    <div class="panel-source">
      <p>
        <Badge tone={row.kind === "assumption" ? "warn" : undefined}>
          {t(`shell.source.kind.${row.kind}`)}
        </Badge>{" "}
        {address ? (
          <a href={address} target="_blank" rel="noreferrer noopener" lang="en">
            {title}
            <Icon name="external" />
            <span class="ui-hidden"> {t("shell.new_window")}</span>
          </a>
        ) : (
          <span lang="en">{title}</span>
        )}
        {details.some(Boolean) && <span>. {details.filter(Boolean).join(", ")}</span>}
      </p>
      {withNote && row.note && <p lang="en">{String(row.note)}</p>}
    </div>
  );
}

/** A source may give a year or a month only; those stay as they are. */
function formatDateOfSource(date: string): string {
  return date.length === 10 ? formatDate(date) : date;
}

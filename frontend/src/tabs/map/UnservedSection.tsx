/** What was not carried, and why. */

import { useMemo } from "preact/hooks";
import type { Row, Run, Study } from "../../data/model";
import { commodityName, placeName, shortName } from "../../data/names";
import { allRows, groupRows } from "../../data/queries";
import { formatFigure, t, tOr } from "../../i18n";
import { Section, Table } from "../../ui";

const MOST_UNSERVED = 12;

export function UnservedSection({ study, run }: { study: Study; run: Run }) {
  const rows = useMemo(() => allRows(run.table("unserved")), [run]);
  if (!rows.length) {
    return (
      <Section title={t("shell.unserved")}>
        <p class="panel-soft">{t("shell.unserved.none")}</p>
      </Section>
    );
  }
  const sum = (part: readonly Row[]) => part.reduce((all, row) => all + Number(row.kt), 0);
  const largest = rows.toSorted((a, b) => Number(b.kt) - Number(a.kt)).slice(0, MOST_UNSERVED);
  return (
    <Section title={t("shell.unserved")}>
      <ul>
        {[...groupRows(rows, (row) => String(row.reason))].map(([reason, part]) => (
          <li key={reason}>
            {t("shell.unserved.reason", {
              reason: tOr(`shell.reason.${reason.replaceAll(" ", "_")}`, reason),
              kt: formatFigure(sum(part)),
            })}
          </li>
        ))}
      </ul>
      <Table
        caption={t("shell.unserved.caption", { shown: largest.length, all: rows.length })}
        columns={[
          {
            key: "pair",
            title: t("shell.unserved.pair"),
            cell: (row) =>
              `${shortName(placeName(study, String(row.origin)))} → ${shortName(
                placeName(study, String(row.destination)),
              )}`,
          },
          {
            key: "commodity",
            title: t("shell.column.commodity"),
            cell: (row) => <span lang="en">{commodityName(study, String(row.commodity))}</span>,
          },
          {
            key: "kt",
            title: t("shell.unit.kt"),
            number: true,
            value: (row) => Number(row.kt),
            cell: (row) => formatFigure(Number(row.kt)),
          },
        ]}
        rows={largest}
        rowKey={(row) => `${row.origin} ${row.destination} ${row.commodity}`}
      />
    </Section>
  );
}

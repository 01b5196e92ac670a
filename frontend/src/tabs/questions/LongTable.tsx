/** A table that at first shows only its first rows. */

import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button, Table, type TableProps } from "../../ui";

const SHOWN = 8;

export function LongTable<Row>(props: TableProps<Row>) {
  const [isWhole, setWhole] = useState(false);
  const { rows } = props;
  // Two or three rows more are no reason for a button.
  const isLong = rows.length > SHOWN + 3;
  return (
    <>
      <Table {...props} most={isLong && !isWhole ? SHOWN : undefined} />
      {isLong && (
        <div>
          <Button look="quiet" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole ? t("question.fewer") : t("question.all", { count: rows.length })}
          </Button>
        </div>
      )}
    </>
  );
}

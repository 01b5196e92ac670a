/** A request that has no answer: what blocks it, and what would open a way. */

import type { Refusal } from "../../contract";
import { t } from "../../i18n";
import { Notice } from "../../ui";
import { listed } from "../scenario/names";
import { problemText } from "../scenario/Problems";

export interface BlocksProps {
  blockedBy: readonly string[] | undefined;
  relax: readonly (readonly string[])[] | undefined;
}

export function Blocks({ blockedBy = [], relax = [] }: BlocksProps) {
  return (
    <>
      {blockedBy.length > 0 && (
        <>
          <p class="work-blocks-title">{t("work.blocked-by")}</p>
          <ul class="work-bullets">
            {blockedBy.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </>
      )}
      {relax.some((way) => way.length > 0) && (
        <>
          <p class="work-blocks-title">{t("work.relax")}</p>
          <ul class="work-bullets">
            {relax.map((way) => (
              <li key={way.join()}>{listed(way)}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

export function Refused({ refusal }: { refusal: Refusal }) {
  return (
    <Notice tone="bad" title={t("work.route.refused")}>
      {refusal.problems.map((problem) => (
        <p key={problemText(problem)}>{problemText(problem)}</p>
      ))}
      <Blocks blockedBy={refusal.blocked_by} relax={refusal.relax} />
    </Notice>
  );
}

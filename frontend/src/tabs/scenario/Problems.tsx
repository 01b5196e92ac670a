/** What the server does not accept, and why. */

import type { Problem } from "../../contract";
import { t } from "../../i18n";
import { Notice } from "../../ui";

/** Return a problem in words, with the place that it is at. */
export function problemText(problem: Problem): string {
  const place = [
    problem.file,
    problem.row && t("work.problem.row", { row: String(problem.row) }),
    problem.column && t("work.problem.column", { column: problem.column }),
  ].filter(Boolean);
  return place.length ? `${place.join(", ")}: ${problem.message}` : problem.message;
}

export function Problems({ problems, title }: { problems: readonly Problem[]; title?: string }) {
  if (problems.length === 0) return null;
  return (
    <Notice tone="bad" title={title}>
      {problems.map((problem) => (
        <p key={problemText(problem)}>{problemText(problem)}</p>
      ))}
    </Notice>
  );
}

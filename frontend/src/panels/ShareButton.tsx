/** Copies the address of what is shown. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { IconButton } from "../ui";

const SAID_FOR_MS = 4000;

export function ShareButton() {
  const [said, setSaid] = useState<string | null>(null);

  async function copy() {
    try {
      await navigator.clipboard.writeText(location.href);
      setSaid(t("shell.share.done"));
    } catch {
      setSaid(t("shell.share.failed"));
    }
    setTimeout(() => setSaid(null), SAID_FOR_MS);
  }

  return (
    <>
      <IconButton icon="share" label={t("shell.share")} onClick={copy} />
      <span class={said ? "shell-said" : "ui-hidden"} role="status">
        {said}
      </span>
    </>
  );
}

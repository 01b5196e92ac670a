/** A dialog that holds the keyboard until it is closed. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n";
import { IconButton } from "./Button";

export interface DialogProps {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons, the one that does it last. */
  actions?: ComponentChildren;
}

export function Dialog({ title, open, onClose, children, actions }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="ui-dialog" aria-labelledby={id} onClose={onClose}>
      {open && (
        <div class="ui-dialog-body">
          <div class="ui-dialog-head">
            <h2 id={id}>{title}</h2>
            <IconButton icon="close" label={t("shell.close")} onClick={onClose} />
          </div>
          {children}
          {actions && <div class="ui-dialog-actions">{actions}</div>}
        </div>
      )}
    </dialog>
  );
}

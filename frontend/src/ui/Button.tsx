/** Buttons: one look for every part of the page. */

import type { ButtonHTMLAttributes } from "preact";
import { Icon, type IconName } from "./Icon";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon"> {
  look?: "plain" | "primary" | "quiet" | "danger";
  /** Whether a button that switches something is on. */
  pressed?: boolean;
  icon?: IconName;
}

export function Button({ look = "plain", pressed, icon, children, ...rest }: ButtonProps) {
  const classes = ["ui-button", `ui-button-${look}`, children ? "" : "ui-button-icon", rest.class];
  return (
    <button
      type="button"
      aria-pressed={pressed}
      {...rest}
      class={classes.filter(Boolean).join(" ")}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children" | "icon"> {
  icon: IconName;
  /** What it does: its name for a screen reader, and its tooltip. */
  label: string;
}

export function IconButton({ label, look = "quiet", ...rest }: IconButtonProps) {
  return <Button aria-label={label} title={label} look={look} {...rest} />;
}

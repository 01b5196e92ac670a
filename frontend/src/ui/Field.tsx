/** Fields of a form: a control with its label, what it means, and what is wrong with it. */

import type { ComponentChildren, TextareaHTMLAttributes } from "preact";
import { useId } from "preact/hooks";

interface FieldTexts {
  label: string;
  /** Keep the label for screen readers only. */
  hideLabel?: boolean;
  hint?: ComponentChildren;
  error?: string | null;
}

/** Attributes that tie a control to its label, hint and error. */
export interface ControlAttributes {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

export interface FieldProps extends FieldTexts {
  children: (control: ControlAttributes) => ComponentChildren;
}

export function Field({ label, hideLabel, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""]
    .filter(Boolean)
    .join(" ");
  return (
    <div class="ui-field">
      <label class={hideLabel ? "ui-hidden" : "ui-label"} for={id}>
        {label}
      </label>
      {children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": Boolean(error),
      })}
      {hint && (
        <p class="ui-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="ui-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

export interface TextFieldProps extends FieldTexts {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "date" | "number" | "search";
  placeholder?: string;
  /** Least, greatest and step of numbers and dates. */
  min?: string | number;
  max?: string | number;
  step?: string | number;
  required?: boolean;
  disabled?: boolean;
}

/** A line of text; with `type` also a date or a number. */
export function TextField(props: TextFieldProps) {
  const { label, hideLabel, hint, error } = props;
  // The types allow each kind its own attributes; these are shared by all of ours.
  const type = { type: props.type ?? "text" } as { type: "text" };
  return (
    <Field label={label} hideLabel={hideLabel} hint={hint} error={error}>
      {(control) => (
        <input
          class="ui-input"
          {...control}
          {...type}
          value={props.value}
          placeholder={props.placeholder}
          min={props.min}
          max={props.max}
          step={props.step}
          required={props.required}
          disabled={props.disabled}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface TextAreaProps
  extends FieldTexts,
    Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "label" | "onInput"> {
  onInput: (value: string) => void;
}

export function TextArea({ label, hideLabel, hint, error, onInput, ...rest }: TextAreaProps) {
  return (
    <Field label={label} hideLabel={hideLabel} hint={hint} error={error}>
      {(control) => (
        <textarea
          class="ui-input"
          rows={3}
          {...rest}
          {...control}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
  disabled?: boolean;
}

export interface SelectProps extends FieldTexts {
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
  disabled?: boolean;
}

export function Select({ value, options, onChange, disabled, ...texts }: SelectProps) {
  return (
    <Field {...texts}>
      {(control) => (
        <select
          class="ui-input"
          {...control}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export interface ToggleProps {
  label: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint?: ComponentChildren;
  disabled?: boolean;
}

export function Toggle({ label, checked, onChange, hint, disabled }: ToggleProps) {
  const id = useId();
  return (
    <label class="ui-toggle" for={id}>
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        {hint && <span class="ui-hint"> {hint}</span>}
      </span>
    </label>
  );
}

export interface ChoiceProps {
  label: string;
  hideLabel?: boolean;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
}

/** One of a few, all to be seen: radio buttons that look like one bar. */
export function Choice({ label, hideLabel, value, options, onChange }: ChoiceProps) {
  const name = useId();
  return (
    <fieldset class="ui-choice">
      <legend class={hideLabel ? "ui-hidden" : "ui-label"}>{label}</legend>
      <div class="ui-choice-options">
        {options.map((option) => (
          <label key={option.value} class="ui-choice-option">
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              disabled={option.disabled}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export interface SliderProps extends FieldTexts {
  value: number;
  min: number;
  max: number;
  step: number;
  onInput: (value: number) => void;
  /** The value in words, with its unit. */
  format?: (value: number) => string;
  disabled?: boolean;
}

export function Slider({
  value,
  min,
  max,
  step,
  onInput,
  format,
  disabled,
  ...texts
}: SliderProps) {
  const id = useId();
  const { label, hideLabel, hint, error } = texts;
  const words = format?.(value) ?? String(value);
  return (
    <div class="ui-field">
      <div class="ui-slider-head">
        <label class={hideLabel ? "ui-hidden" : "ui-label"} for={id}>
          {label}
        </label>
        <output class="ui-slider-value" for={id}>
          {words}
        </output>
      </div>
      <input
        id={id}
        class="ui-slider"
        type="range"
        value={value}
        min={min}
        max={max}
        step={step}
        disabled={disabled}
        aria-valuetext={words}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
      {hint && (
        <p class="ui-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="ui-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** A text field that proposes: typed text filters a list, arrows and Enter choose from it. */

import { useId, useState } from "preact/hooks";
import { Field } from "./Field";

export interface Proposal {
  key: string;
  label: string;
  /** What tells proposals of one name apart: kind, country, code. */
  detail?: string;
}

export interface ComboboxProps {
  label: string;
  hideLabel?: boolean;
  hint?: string;
  error?: string | null;
  placeholder?: string;
  value: string;
  onInput: (value: string) => void;
  /** Proposals for the text typed, the best first. */
  proposals: readonly Proposal[];
  onChoose: (proposal: Proposal) => void;
  /** What the list says when the text typed has no proposal. */
  none?: string;
}

export function Combobox(props: ComboboxProps) {
  const { label, hideLabel, hint, error, value, proposals, none } = props;
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const list = useId();
  const at = Math.min(active, proposals.length - 1);
  const shown = open && value.trim() !== "" && (proposals.length > 0 || none !== undefined);

  function choose(proposal: Proposal | undefined) {
    if (!proposal) return;
    setOpen(false);
    props.onChoose(proposal);
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && proposals.length) {
      event.preventDefault();
      setOpen(true);
      setActive(shown ? (at + step + proposals.length) % proposals.length : 0);
    } else if (event.key === "Enter" && shown) {
      event.preventDefault();
      choose(proposals[at]);
    } else if (event.key === "Escape" && shown) {
      event.stopPropagation();
      setOpen(false);
    }
  }

  return (
    <Field label={label} hideLabel={hideLabel} hint={hint} error={error}>
      {(control) => (
        <div class="ui-combobox">
          <input
            class="ui-input"
            type="text"
            role="combobox"
            autocomplete="off"
            spellcheck={false}
            {...control}
            placeholder={props.placeholder}
            aria-expanded={shown}
            aria-controls={list}
            aria-autocomplete="list"
            aria-activedescendant={shown && proposals.length ? `${list}-${at}` : undefined}
            value={value}
            onInput={(event) => {
              setOpen(true);
              setActive(0);
              props.onInput(event.currentTarget.value);
            }}
            onKeyDown={onKeyDown}
            onFocus={() => setOpen(value.trim() !== "")}
            onBlur={() => setOpen(false)}
          />
          <div id={list} class="ui-combobox-list" role="listbox" aria-label={label} hidden={!shown}>
            {shown &&
              proposals.map((proposal, position) => (
                // The keyboard reaches options through the field, as the pattern asks.
                <div
                  key={proposal.key}
                  id={`${list}-${position}`}
                  class="ui-combobox-option"
                  role="option"
                  tabIndex={-1}
                  aria-selected={position === at}
                  onMouseDown={(event) => {
                    event.preventDefault();
                    choose(proposal);
                  }}
                  onMouseEnter={() => setActive(position)}
                >
                  <span>{proposal.label}</span>
                  {proposal.detail && <span class="ui-combobox-detail">{proposal.detail}</span>}
                </div>
              ))}
            {shown && !proposals.length && <p class="ui-combobox-none">{none}</p>}
          </div>
        </div>
      )}
    </Field>
  );
}

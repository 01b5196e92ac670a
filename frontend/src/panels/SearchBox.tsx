/** The search of the bar: proposes places and elements, selects one and flies there. */

import { useMemo, useState } from "preact/hooks";
import { centreOf } from "../data/names";
import { type Entry, entriesOf, scaleOf, search } from "../data/search";
import { t } from "../i18n";
import { flyTo, locale, selected, study } from "../state";
import { Combobox, type Proposal } from "../ui";

const MOST_PROPOSALS = 12;

function proposalOf({ selection, name, uses }: Entry): Proposal {
  const kind = t(`shell.element.${selection.kind}`);
  const key = `${selection.kind}:${selection.id}`;
  // Links and terminals of one name differ in the cargo that they take, the others by their id.
  const byCargo = selection.kind === "link" || selection.kind === "terminal";
  const code = byCargo ? uses : selection.id;
  return { key, label: name, detail: [kind, code].filter(Boolean).join(", ") };
}

export function SearchBox() {
  const open = study.value;
  const language = locale.value;
  const [text, setText] = useState("");
  const [wasUsed, setWasUsed] = useState(false);
  // Names of countries and terminals depend on the language. The list is not made before
  // something is typed: the first map would wait for it.
  const entries = useMemo(
    () => (open && wasUsed ? entriesOf(open) : []),
    [open, language, wasUsed],
  );
  const found = search(entries, text, MOST_PROPOSALS);

  function choose({ key }: Proposal) {
    const entry = found.find(({ selection }) => `${selection.kind}:${selection.id}` === key);
    if (!entry || !open) return;
    setText("");
    selected.value = entry.selection;
    const centre = centreOf(open, entry.selection);
    if (centre) flyTo.value = { ...centre, scale: scaleOf(entry.selection.kind) };
  }

  return (
    <search class="shell-search">
      <Combobox
        label={t("shell.search")}
        hideLabel
        placeholder={t("shell.search.hint")}
        value={text}
        onInput={(typed) => {
          setText(typed);
          setWasUsed(true);
        }}
        proposals={found.map(proposalOf)}
        onChoose={choose}
        none={t("shell.search.none")}
      />
    </search>
  );
}

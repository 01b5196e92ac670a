/** What the scenario changes of one element: shut it, or make it scarcer, slower or dearer. */

import "./work.css";
import { useState } from "preact/hooks";
import type { Study } from "../data/model";
import { nameOf } from "../data/names";
import { formatNumber, t } from "../i18n";
import { draft, type Selection, study } from "../state";
import { Section, Slider, TextField, Toggle } from "../ui";
import {
  type Effect,
  elementEvent,
  isPageEvent,
  wholeYear,
  withElementDates,
  withElementEvent,
  withoutOwnEvent,
} from "./scenario/edit";
import { type Choice, choicesFor, factorAt, LARGEST_FACTOR, positionOf } from "./scenario/effects";
import { draftYear, edit } from "./scenario/state";

interface Dates {
  from: string;
  until: string;
}

interface EffectProps {
  selection: Selection;
  choice: Choice;
  dates: Dates;
  name: string;
}

function eventTitle(effect: Effect, name: string, factor: number): string {
  return t(`work.change.${effect}`, { element: name, factor });
}

function CloseToggle({ selection, choice, dates, name }: EffectProps) {
  const event = elementEvent(draft.value, selection, choice.effect);
  return (
    <Toggle
      label={t("work.element.closes")}
      checked={event !== null}
      onChange={(isClosed) =>
        edit((content) =>
          isClosed
            ? withElementEvent(
                content,
                selection,
                choice.effect,
                null,
                dates,
                eventTitle(choice.effect, name, 1),
              )
            : withoutOwnEvent(content, event?.event_id ?? ""),
        )
      }
    />
  );
}

function FactorSlider({ selection, choice, dates, name }: EffectProps) {
  const { effect } = choice;
  const event = elementEvent(draft.value, selection, effect);
  const factor = event?.factor ?? 1;
  const set = (position: number) => {
    const asked = factorAt(position);
    edit((content) =>
      asked === 1 && event
        ? withoutOwnEvent(content, event.event_id)
        : withElementEvent(
            content,
            selection,
            effect,
            asked,
            dates,
            eventTitle(effect, name, asked),
          ),
    );
  };
  return (
    <Slider
      label={t(`work.element.${effect}`)}
      value={positionOf(Math.max(factor, choice.smallest))}
      min={positionOf(choice.smallest)}
      max={positionOf(choice.largest)}
      step={1}
      hint={choice.largest < LARGEST_FACTOR ? t("work.element.most") : undefined}
      format={() => t("work.element.factor", { factor: formatNumber(factor, 2) })}
      onInput={set}
    />
  );
}

function currentDates(selection: Selection, year: number | null): Dates | null {
  const event = draft.value.event?.find(
    (one) =>
      one.element_kind === selection.kind && one.element_id === selection.id && isPageEvent(one),
  );
  if (event) return { from: event.from_date, until: event.until_date ?? "" };
  return year === null ? null : wholeYear(year);
}

function Form({ world, selection }: { world: Study; selection: Selection }) {
  const [own, setOwn] = useState<Dates | null>(null);
  const dates = own ?? currentDates(selection, draftYear.value) ?? { from: "", until: "" };
  const name = nameOf(world, selection);
  const isWrong = dates.until !== "" && dates.from > dates.until;

  function setDates(changed: Dates) {
    setOwn(changed);
    if (changed.from) edit((content) => withElementDates(content, selection, changed));
  }

  return (
    <Section title={t("work.element.title")}>
      <p class="ui-hint">{t("work.element.hint")}</p>
      {choicesFor(world, selection).map((choice) => {
        const props = { selection, choice, dates, name };
        return choice.effect === "closes" ? (
          <CloseToggle key={choice.effect} {...props} />
        ) : (
          <FactorSlider key={choice.effect} {...props} />
        );
      })}
      <div class="work-pair">
        <TextField
          type="date"
          label={t("work.from")}
          required
          value={dates.from}
          onInput={(from) => setDates({ ...dates, from })}
        />
        <TextField
          type="date"
          label={t("work.until")}
          error={isWrong ? t("work.fault.dates") : null}
          value={dates.until}
          onInput={(until) => setDates({ ...dates, until })}
        />
      </div>
    </Section>
  );
}

export function ElementChanges({ selection }: { selection: Selection }) {
  const world = study.value;
  if (!world || choicesFor(world, selection).length === 0) return null;
  return <Form key={`${selection.kind} ${selection.id}`} world={world} selection={selection} />;
}

/** What happened in the study's world, or may: each event can be let happen or not. */

import { useState } from "preact/hooks";
import type { EventContent } from "../../contract";
import { rowOf } from "../../data/frame";
import { t } from "../../i18n";
import { Source } from "../../panels/Source";
import { draft, study } from "../../state";
import { TextField, Toggle } from "../../ui";
import { eventText } from "./describe";
import { happens, happensInBase, wholeYear, withEvent } from "./edit";
import { Problems } from "./Problems";
import { problemsAt } from "./problems";
import { base, draftYear, edit, problems } from "./state";

type StudyEvent = EventContent & { source_id: string | null };

function eventsOf(): StudyEvent[] {
  const frame = study.value?.table("event");
  if (!frame) return [];
  return Array.from({ length: frame.rows }, (_, row) => rowOf(frame, row) as unknown as StudyEvent);
}

/** Tell whether an event lasts into a year. */
function touchesYear(event: EventContent, year: number): boolean {
  const { from, until } = wholeYear(year);
  return event.from_date <= until && (!event.until_date || event.until_date >= from);
}

function EventRow({ event }: { event: StudyEvent }) {
  const world = study.value;
  if (!world) return null;
  const inBase = happensInBase(base.value, event.event_id, event.happened ?? true);
  const isOn = happens(draft.value, event.event_id, inBase);
  return (
    <li class="work-event">
      <Toggle
        label={event.name}
        checked={isOn}
        onChange={(on) => edit((content) => withEvent(content, event.event_id, on, inBase))}
      />
      <p class="ui-hint">
        {eventText(event, world)} {isOn !== inBase && <strong>{t("work.changed")}</strong>}
      </p>
      <Source id={event.source_id} withNote={false} />
    </li>
  );
}

function EventGroup({ title, events }: { title: string; events: readonly StudyEvent[] }) {
  if (events.length === 0) return null;
  return (
    <div class="work-subsection">
      <h4>{title}</h4>
      <ul class="work-list">
        {events.map((event) => (
          <EventRow key={event.event_id} event={event} />
        ))}
      </ul>
    </div>
  );
}

function Groups({ events }: { events: readonly StudyEvent[] }) {
  const year = draftYear.value;
  const inYear = events.filter((event) => year === null || touchesYear(event, year));
  const others = events.filter((event) => !inYear.includes(event));
  const shown = year === null ? "" : String(year);
  return (
    <>
      <EventGroup
        title={t("work.events.may")}
        events={inYear.filter((event) => event.happened === false)}
      />
      <EventGroup
        title={t("work.events.happened", { year: shown })}
        events={inYear.filter((event) => event.happened !== false)}
      />
      <EventGroup title={t("work.events.others", { year: shown })} events={others} />
    </>
  );
}

export function EventsSection() {
  const [typed, setTyped] = useState("");
  const [isOpen, setOpen] = useState(false);
  const events = eventsOf();
  if (events.length === 0) return null;
  const asked = typed.trim().toLowerCase();
  const found = events.filter((event) =>
    `${event.name} ${event.event_id} ${event.element_id}`.toLowerCase().includes(asked),
  );
  const faults = problemsAt(problems.value, "events_of_study");
  return (
    <details
      class="ui-disclosure"
      open={isOpen || faults.length > 0}
      onToggle={(toggle) => setOpen(toggle.currentTarget.open)}
    >
      <summary>{t("work.events", { count: events.length })}</summary>
      <div class="ui-disclosure-body">
        <Problems problems={faults} />
        <TextField type="search" label={t("work.events.search")} value={typed} onInput={setTyped} />
        {isOpen && <Groups events={found} />}
        {found.length === 0 && <p class="ui-hint">{t("work.nothing-found")}</p>}
      </div>
    </details>
  );
}

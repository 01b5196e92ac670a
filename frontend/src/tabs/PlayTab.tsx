/** The simulated year as an animation: its clock, what happens at the hour, where to look. */

import "./work.css";
import { computed, effect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { PlaybackFrames, Study } from "../data/model";
import { corridorName, elementName, placeName, selectionOf } from "../data/names";
import { formatDate, formatNumber, t } from "../i18n";
import { corridorColour, corridorNumbers } from "../map/palette";
import { dayAt, keepClock, lastHour, stepDays, togglePlaying } from "../play/clock";
import {
  commodity,
  corridor,
  flyTo,
  playHour,
  playing,
  playSpeed,
  run,
  selected,
  study,
  theme,
} from "../state";
import { Button, Choice, Disclosure, IconButton, Section, Table } from "../ui";
import type { TabDefinition } from "./definition";
import { GoodsFilters } from "./map/Filters";
import { type Closure, PlaybackSummary, type Waiting } from "./play/summary";
import { causeText } from "./play/words";

const SPEEDS = [6, 24, 72, 168];
const SHOWN_QUEUES = 12;
const SHOWN_PEAKS = 12;
const SHOWN_CLOSURES = 24;
const HOURS_PER_DAY = 24;
const REFRESH_MS = 250;

const playback = computed(() => run.value?.playback ?? null);
const summary = computed(() => playback.value && new PlaybackSummary(playback.value));

/** Return the hour, at most four times a second: nobody reads tables faster. */
function useHour(): number {
  const [hour, setHour] = useState(playHour.peek());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      setHour(playHour.peek());
    };
    const dispose = effect(() => {
      const isMoving = playing.value;
      const now = playHour.value;
      if (!isMoving) setHour(now);
      else timer ??= setTimeout(show, REFRESH_MS);
    });
    return () => {
      dispose();
      clearTimeout(timer);
    };
  }, []);
  return hour;
}

function timeText(start: string, hour: number): string {
  const clock = String(Math.floor(hour % HOURS_PER_DAY)).padStart(2, "0");
  return `${formatDate(dayAt(start, hour))}, ${clock}:00`;
}

function goTo(hour: number, node_id: string | null) {
  playHour.value = Math.min(Math.max(hour, 0), lastHour());
  const node = node_id ? study.value?.row("node", "node_id", node_id) : null;
  if (node) flyTo.value = { longitude: Number(node.x_coord), latitude: Number(node.y_coord) };
}

function TimeBar({ start, days }: { start: string; days: number }) {
  const end = days * HOURS_PER_DAY;
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    dayAt(start, Math.min(share * end, end - 1)),
  );
  const now = timeText(start, playHour.value);
  return (
    <div class="play-time">
      <output class="play-now">{now}</output>
      <input
        class="ui-slider"
        type="range"
        min={0}
        max={end}
        step={1}
        value={Math.floor(playHour.value)}
        aria-label={t("work.play.time")}
        aria-valuetext={now}
        onInput={(event) => {
          playHour.value = event.currentTarget.valueAsNumber;
        }}
      />
      <div class="play-marks" aria-hidden="true">
        {marks.map((day) => (
          <span key={day}>{formatDate(day)}</span>
        ))}
      </div>
    </div>
  );
}

function Controls() {
  const step = (days: number) => {
    playHour.value = stepDays(playHour.value, days, lastHour());
  };
  const isPlaying = playing.value;
  return (
    <div class="play-controls">
      <IconButton
        icon="previous"
        look="plain"
        label={t("work.play.day-back")}
        onClick={() => step(-1)}
      />
      <Button look="primary" icon={isPlaying ? "pause" : "play"} onClick={togglePlaying}>
        {t(isPlaying ? "work.play.pause" : "work.play.play")}
      </Button>
      <IconButton icon="next" look="plain" label={t("work.play.day-on")} onClick={() => step(1)} />
      <Choice
        label={t("work.play.speed")}
        hideLabel
        value={String(playSpeed.value)}
        options={SPEEDS.map((hours) => ({
          value: String(hours),
          label: t(`work.play.speed.${hours}`),
        }))}
        onChange={(hours) => {
          playSpeed.value = Number(hours);
        }}
      />
    </div>
  );
}

function MovingNow({ hour }: { hour: number }) {
  const world = study.value;
  const moving = summary.value?.movingAt(hour) ?? [];
  if (!world) return null;
  const numbers = corridorNumbers(world.table("corridor"));
  return (
    <Section title={t("work.play.moving")}>
      {moving.every((one) => one.shipments === 0) && (
        <p class="ui-hint">{t("work.play.moving.none")}</p>
      )}
      <ul class="play-counts">
        {moving.map(({ corridor: id, shipments }) => (
          <li key={id}>
            <span>
              <span
                class="work-swatch"
                style={{ background: corridorColour(numbers.get(id), theme.value) }}
              />
              {id ? corridorName(world, id) : t("work.play.no-corridor")}
            </span>
            <span class="play-count">{formatNumber(shipments)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const queueKey = (row: Waiting): string =>
  `${row.element} ${row.kind} ${row.forward} ${row.node_id}`;

/** Which way shipments wait to go; where both share an element, at which end of it. */
function waitingText(row: Waiting, world: Study): string {
  if (row.forward === null) return t("work.play.at", { place: placeName(world, row.node_id) });
  return t(row.forward ? "work.play.there" : "work.play.back");
}

function QueuesNow({ hour }: { hour: number }) {
  const world = study.value;
  if (!world) return null;
  const rows = (summary.value?.waitingAt(hour) ?? []).slice(0, SHOWN_QUEUES);
  if (rows.length === 0) {
    return (
      <Section title={t("work.play.queues")}>
        <p class="ui-hint">{t("work.play.queues.none")}</p>
      </Section>
    );
  }
  return (
    <Section title={t("work.play.queues")}>
      <Table
        caption={t("work.play.queues")}
        hideCaption
        rows={rows}
        rowKey={queueKey}
        onSelect={(row) => {
          selected.value = selectionOf(row.element, row.kind);
        }}
        columns={[
          {
            key: "element",
            title: t("work.play.where"),
            cell: (row) => (
              <>
                {elementName(world, row.element, row.kind)}{" "}
                <span class="ui-hint">{waitingText(row, world)}</span>
              </>
            ),
          },
          {
            key: "waiting",
            title: t("work.play.waiting"),
            number: true,
            cell: (row) => formatNumber(row.waiting),
          },
        ]}
      />
    </Section>
  );
}

function Peaks({ start }: { start: string }) {
  const world = study.value;
  const peaks = (summary.value?.peaks ?? []).slice(0, SHOWN_PEAKS);
  if (!world || peaks.length === 0) return null;
  return (
    <Section title={t("work.play.peaks")}>
      <ul class="work-list">
        {peaks.map((peak) => (
          <li key={peak.node_id}>
            <button
              type="button"
              class="ui-row-select"
              onClick={() => goTo(peak.day * HOURS_PER_DAY, peak.node_id)}
            >
              {t("work.play.peak", {
                place: placeName(world, peak.node_id),
                waiting: formatNumber(peak.waiting),
                day: formatDate(dayAt(start, peak.day * HOURS_PER_DAY)),
              })}
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function ClosureRow({ closure, start }: { closure: Closure; start: string }) {
  const world = study.value;
  if (!world) return null;
  const names = closure.elements.map(({ element, kind }) => elementName(world, element, kind));
  const [first, ...others] = [...new Set(names)];
  const what = others.length
    ? t("work.play.closed.more", { first: first ?? "", more: others.length })
    : first;
  return (
    <li>
      <button
        type="button"
        class="ui-row-select"
        onClick={() => goTo(closure.from_h - HOURS_PER_DAY, closure.node_id)}
      >
        {timeText(start, closure.from_h)}
        {Number.isFinite(closure.until_h) && ` – ${timeText(start, closure.until_h)}`}
      </button>{" "}
      <span class="ui-hint">{what}</span>
    </li>
  );
}

function Closures({ start }: { start: string }) {
  const groups = summary.value?.closures ?? [];
  const world = study.value;
  if (!world || groups.length === 0) return null;
  return (
    <Section title={t("work.play.closures")}>
      {groups.map(({ cause, closures }) => (
        <Disclosure key={cause} title={`${causeText(cause, world)} (${closures.length})`}>
          <ul class="work-list">
            {closures.slice(0, SHOWN_CLOSURES).map((closure) => (
              <ClosureRow
                key={`${closure.from_h} ${closure.until_h}`}
                closure={closure}
                start={start}
              />
            ))}
          </ul>
          {closures.length > SHOWN_CLOSURES && (
            <p class="ui-hint">
              {t("work.play.closures.more", { more: closures.length - SHOWN_CLOSURES })}
            </p>
          )}
        </Disclosure>
      ))}
    </Section>
  );
}

/** Elements in which the space bar has a meaning of its own. */
const OWN_SPACE = "button, a, select, textarea, summary, [role=tab], input:not([type=range])";

function onKeyDown(event: KeyboardEvent) {
  const isOwn = event.target instanceof Element && event.target.closest(OWN_SPACE) !== null;
  if (event.key !== " " || isOwn || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  togglePlaying();
}

/** What a dot stands for, which differs by corridor. */
function dotWords(oneIn: Record<string, number>): string {
  const most = Math.max(1, ...Object.values(oneIn));
  const least = Math.min(most, ...Object.values(oneIn));
  if (most === 1) return t("work.play.dots.one");
  return least === most
    ? t("work.play.dots", { shipments: most })
    : t("work.play.dots.range", { least, most });
}

function Content({ shown }: { shown: PlaybackFrames }) {
  const hour = useHour();
  const world = study.value;
  return (
    <div class="work-panel">
      <TimeBar start={shown.start} days={shown.days} />
      <Controls />
      <p class="ui-hint">
        {dotWords(shown.one_in)} {t("work.play.replication", { seed: String(shown.seed) })}
      </p>
      {world && (
        <Section title={t("work.play.shown")}>
          <div class="panel-filters">
            <GoodsFilters study={world} />
          </div>
          {(commodity.value || corridor.value) && (
            <p class="ui-hint">{t("work.play.shown.hint")}</p>
          )}
        </Section>
      )}
      <MovingNow hour={hour} />
      <QueuesNow hour={hour} />
      <Peaks start={shown.start} />
      <Closures start={shown.start} />
    </div>
  );
}

function PlayPanel() {
  useEffect(() => {
    const stop = keepClock();
    window.addEventListener("keydown", onKeyDown);
    return () => {
      stop();
      window.removeEventListener("keydown", onKeyDown);
    };
  }, []);
  const shown = playback.value;
  useEffect(() => {
    playHour.value = Math.min(playHour.peek(), lastHour());
  }, [shown]);
  return shown && <Content key={run.value?.page.run_id} shown={shown} />;
}

export const tab: TabDefinition = {
  id: "play",
  title: "work.tab.play",
  order: 4,
  available: () => playback.value !== null,
  Panel: PlayPanel,
};

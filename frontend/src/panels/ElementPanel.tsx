/** What there is to know of the element that is selected: on the right of the map. */

import { Fragment } from "preact";
import { useMemo } from "preact/hooks";
import type { Row, Study } from "../data/model";
import {
  centreOf,
  elementRow,
  listOf,
  nameOf,
  operationName,
  placesOf,
  useName,
  usesOf,
} from "../data/names";
import { eventsOf, observationsOf, rowsOf, rowsWhere } from "../data/queries";
import { scaleOf } from "../data/search";
import { formatDate, formatFigure, t } from "../i18n";
import { flyTo, mode, run, type Selection, selected, study } from "../state";
import { ElementChanges } from "../tabs/ElementChanges";
import { Badge, Disclosure, IconButton, Notice, Section } from "../ui";
import { figureLines } from "./figures";
import { limitsWords, metricValue, publishedValue, scopeWords } from "./observations";
import { RunOfElement } from "./RunOfElement";
import { Source } from "./Source";
import "./panels.css";

export function ElementPanel() {
  const selection = selected.value;
  const open = study.value;
  if (!selection || !open) return null;
  return <Element key={`${selection.kind}:${selection.id}`} study={open} selection={selection} />;
}

interface ElementProps {
  study: Study;
  selection: Selection;
}

function Element({ study, selection }: ElementProps) {
  const row = elementRow(study, selection);
  return (
    <div class="panel-element">
      <ElementHead study={study} selection={selection} row={row} />
      {!row && selection.kind !== "country" && (
        <Notice tone="warn">{t("shell.element.unknown", { id: selection.id })}</Notice>
      )}
      <Figures selection={selection} row={row} />
      {run.value && <RunOfElement study={study} run={run.value} selection={selection} />}
      {mode.value === "server" && <ElementChanges selection={selection} />}
      <Neighbours study={study} selection={selection} />
      <Events study={study} selection={selection} />
      <Observations study={study} selection={selection} />
    </div>
  );
}

function ElementHead({ study, selection, row }: ElementProps & { row: Row | null }) {
  const centre = centreOf(study, selection);
  const uses = row && selection.kind !== "node" ? usesOf(row) : null;
  return (
    <header class="panel-head">
      <div>
        <p class="panel-kind">
          {t(`shell.element.${selection.kind}`)}
          <code>{selection.id}</code>
        </p>
        <h2>{nameOf(study, selection)}</h2>
        {uses && <p class="panel-soft">{uses}</p>}
      </div>
      <div class="panel-head-buttons">
        {centre && (
          <IconButton
            icon="locate"
            label={t("shell.element.show")}
            onClick={() => {
              flyTo.value = { ...centre, scale: scaleOf(selection.kind) };
            }}
          />
        )}
        <IconButton
          icon="close"
          label={t("shell.close")}
          onClick={() => {
            selected.value = null;
          }}
        />
      </div>
    </header>
  );
}

function Figures({ selection, row }: { selection: Selection; row: Row | null }) {
  if (!row) return null;
  return (
    <Section title={t("shell.element.figures")}>
      <dl class="panel-figures">
        {figureLines(selection.kind, row).map((line) => (
          <Fragment key={line.column}>
            <dt>{line.label}</dt>
            <dd>{line.value}</dd>
          </Fragment>
        ))}
      </dl>
      {row.note && (
        <p class="panel-soft" lang="en">
          {String(row.note)}
        </p>
      )}
      <Source id={row.source_id as string | null} />
    </Section>
  );
}

/** A button that selects another element. */
function ElementButton({ study, selection, at }: ElementProps & { at: Selection["kind"] }) {
  const row = elementRow(study, selection);
  // At a place, where a terminal is goes without saying.
  const brief = at === "node" && selection.kind === "terminal" && row && !row.name;
  const detail = detailOf(selection, row);
  return (
    <li>
      <button
        type="button"
        class="panel-link"
        onClick={() => {
          selected.value = selection;
        }}
      >
        {brief ? operationName(row) : nameOf(study, selection)}
      </button>
      {detail && <span class="panel-soft"> {detail}</span>}
    </li>
  );
}

function Neighbours({ study, selection }: ElementProps) {
  const groups = useMemo(() => neighboursOf(study, selection), [study, selection]);
  return (
    <>
      {groups.map(([kind, ids]) => (
        <Section key={kind} title={t(`shell.element.${kind}s`)}>
          <NeighbourList study={study} kind={kind} ids={ids} at={selection.kind} />
        </Section>
      ))}
    </>
  );
}

interface NeighbourListProps {
  study: Study;
  kind: Selection["kind"];
  ids: readonly string[];
  /** Kind of the element whose neighbours they are. */
  at: Selection["kind"];
}

/** The neighbours; those that are not open in the year of the run stand apart. */
function NeighbourList({ study, kind, ids, at }: NeighbourListProps) {
  const year = run.value?.page.year ?? null;
  const isOpen = (id: string) => year === null || isOpenIn(elementRow(study, { kind, id }), year);
  const closed = ids.filter((id) => !isOpen(id));
  const list = (shown: readonly string[]) => (
    <ul class="panel-list">
      {shown.map((id) => (
        <ElementButton key={id} study={study} selection={{ kind, id }} at={at} />
      ))}
    </ul>
  );
  return (
    <>
      {list(ids.filter(isOpen))}
      {closed.length > 0 && (
        <Disclosure title={t("shell.element.closed", { year: String(year), count: closed.length })}>
          {list(closed)}
        </Disclosure>
      )}
    </>
  );
}

function isOpenIn(row: Row | null, year: number): boolean {
  const [from, until] = [row?.open_from, row?.open_until];
  return (!from || String(from) <= `${year}-12-31`) && (!until || String(until) > `${year}-01-01`);
}

/** What tells elements of one name apart. */
function detailOf(selection: Selection, row: Row | null): string | null {
  if (!row || selection.kind === "node") return null;
  const modeName = selection.kind === "link" && t(`shell.mode.${row.mode}`);
  const opening = [
    row.open_from && t("shell.element.from", { date: formatDate(String(row.open_from)) }),
    row.open_until && t("shell.element.until", { date: formatDate(String(row.open_until)) }),
  ];
  return [modeName, usesOf(row), ...opening].filter(Boolean).join(", ") || null;
}

type Group = [Selection["kind"], string[]];

function neighboursOf(study: Study, selection: Selection): Group[] {
  const { kind, id } = selection;
  const ids = (table: "terminal" | "service" | "link", column: string, value: string) =>
    rowsOf(study, table, column, value).map((row) => String(row[`${table}_id`]));
  const groups: Record<Selection["kind"], () => Group[]> = {
    node: () => [
      ["terminal", ids("terminal", "node_id", id)],
      ["service", servicesAt(study, id)],
      ["link", linksAt(study, id)],
    ],
    link: () => [
      ["node", placesOf(study, selection)],
      ["service", ids("service", "link_id", id)],
    ],
    terminal: () => [["node", placesOf(study, selection)]],
    service: () => [
      ["link", [String(elementRow(study, selection)?.link_id ?? "")]],
      ["node", placesOf(study, selection)],
    ],
    country: () => [["node", placesOf(study, selection)]],
  };
  return groups[kind]().filter(([, found]) => found.some(Boolean));
}

function linksAt(study: Study, node: string): string[] {
  const links = study.table("link");
  if (!links.rows) return [];
  const [from, to] = [links.column("from_node_id"), links.column("to_node_id")];
  const rows = rowsWhere(links, (row) => from.text(row) === node || to.text(row) === node);
  return rows.map((row) => String(row.link_id));
}

function servicesAt(study: Study, node: string): string[] {
  const links = new Set(linksAt(study, node));
  const services = study.table("service");
  if (!services.rows) return [];
  const link = services.column("link_id");
  return rowsWhere(services, (row) => links.has(link.text(row) ?? "")).map((row) =>
    String(row.service_id),
  );
}

function Events({ study, selection }: ElementProps) {
  const events = useMemo(() => eventsOf(study, selection), [study, selection]);
  if (!events.length) return null;
  return (
    <Section title={t("shell.element.events")}>
      <ul class="panel-entries">
        {events.map((event) => (
          <li key={String(event.event_id)}>
            <p class="panel-entry-title" lang="en">
              {String(event.name)}
            </p>
            <p class="panel-soft">
              {datesWords(event)}. {effectWords(event)}{" "}
              {event.happened === false && <Badge tone="warn">{t("shell.event.possible")}</Badge>}
            </p>
            {event.note && (
              <p class="panel-soft" lang="en">
                {String(event.note)}
              </p>
            )}
            <Source id={event.source_id as string | null} withNote={false} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function datesWords(event: Row): string {
  const from = formatDate(String(event.from_date));
  if (!event.until_date) return t("shell.event.since", { from });
  return t("shell.event.dates", { from, until: formatDate(String(event.until_date)) });
}

function effectWords(event: Row): string {
  const uses = listOf(event.uses as string | null).map(useName);
  const effect = t(`shell.event.effect.${event.effect}`, {
    factor: formatFigure(event.factor as number | null),
  });
  return uses.length ? `${effect} (${uses.join(", ")})` : effect;
}

function Observations({ study, selection }: ElementProps) {
  const rows = useMemo(() => observationsOf(study, selection), [study, selection]);
  if (!rows.length) return null;
  return (
    <Disclosure title={t("shell.element.observations", { count: rows.length })} open>
      <ul class="panel-entries">
        {rows.map((row) => (
          <li key={String(row.observation_id)}>
            <p class="panel-entry-title">
              {String(row.year)}: {t(`shell.metric.${row.metric}`)}, {publishedValue(row, "value")}
              {modelledWords(row)}
            </p>
            <p class="panel-soft">
              {[scopeWords(study, String(row.scope)), limitsWords(study, row)]
                .filter(Boolean)
                .join("; ")}
            </p>
            <Source id={row.source_id as string | null} withNote={false} />
          </li>
        ))}
      </ul>
    </Disclosure>
  );
}

function modelledWords(observation: Row): string {
  const row = run.value?.row("validation", "observation", String(observation.observation_id));
  if (!row || row.modelled === null) return "";
  const modelled = metricValue(String(row.metric), row.modelled as number);
  return t("shell.element.modelled", { modelled });
}

/** The ways that nothing beats: as a table, as a chart, and the chosen one leg by leg. */

import { useState } from "preact/hooks";
import { ScatterChart } from "../../charts";
import type { RouteAnswer, RouteItinerary, RouteLeg } from "../../contract";
import { placeName, wayName } from "../../data/names";
import { countryName, formatNumber, formatPercent, t } from "../../i18n";
import { wayColour } from "../../map/palette";
import { Source } from "../../panels/Source";
import { itinerary, study, theme } from "../../state";
import { Choice, Disclosure, Section, Table, type TableColumn } from "../../ui";
import { listed } from "../scenario/names";

const select = (rank: number) => {
  itinerary.value = rank;
};

function Two({ first, second }: { first: string; second: string }) {
  return (
    <>
      {first}
      <br />
      <span class="ui-hint">{second}</span>
    </>
  );
}

function onTimeColumn(): TableColumn<RouteItinerary> {
  return {
    key: "on_time",
    title: t("work.route.on-time"),
    number: true,
    value: (way) => way.on_time,
    cell: (way) => formatPercent(way.on_time),
  };
}

function WayTable({ ways }: { ways: readonly RouteItinerary[] }) {
  const world = study.value;
  const hasDeadline = ways.some((way) => way.on_time !== null);
  return (
    <Table
      caption={t("work.route.ways.hint")}
      rows={ways}
      rowKey={(way) => String(way.rank)}
      onSelect={(way) => select(way.rank)}
      selectedKey={itinerary.value === null ? null : String(itinerary.value)}
      columns={[
        {
          key: "rank",
          title: t("work.route.way"),
          value: (way) => way.rank,
          cell: (way) => (
            <>
              <span
                class="work-swatch"
                style={{ background: wayColour(ways.indexOf(way), theme.value) }}
              />
              {`${way.rank}. ${wayName(way, world)}`}
            </>
          ),
        },
        {
          key: "days",
          title: t("work.route.days"),
          unit: t("work.route.days.p90"),
          number: true,
          value: (way) => way.days_mean,
          cell: (way) => (
            <Two first={formatNumber(way.days_mean, 1)} second={formatNumber(way.days_p90, 1)} />
          ),
        },
        {
          key: "cost",
          title: t("work.route.cost"),
          unit: t("work.route.cost.teu"),
          number: true,
          value: (way) => way.cost_usd_t,
          cell: (way) => (
            <Two first={formatNumber(way.cost_usd_t)} second={formatNumber(way.cost_usd_teu)} />
          ),
        },
        {
          key: "co2",
          title: t("work.route.co2"),
          unit: t("work.route.co2.unit"),
          number: true,
          value: (way) => way.co2_kg_t,
          cell: (way) => formatNumber(way.co2_kg_t),
        },
        ...(hasDeadline ? [onTimeColumn()] : []),
        {
          key: "borders",
          title: t("work.route.borders"),
          number: true,
          value: (way) => way.borders,
          cell: (way) => formatNumber(way.borders),
        },
      ]}
    />
  );
}

type Axis = "cost" | "co2";
const MEASURES: Record<Axis, (way: RouteItinerary) => number> = {
  cost: (way) => way.cost_usd_t,
  co2: (way) => way.co2_kg_t,
};

function WayChart({ ways }: { ways: readonly RouteItinerary[] }) {
  const [axis, setAxis] = useState<Axis>("cost");
  const world = study.value;
  const measure = MEASURES[axis];
  return (
    <div class="work-chart">
      <Choice
        label={t("work.route.axis")}
        hideLabel
        value={axis}
        options={[
          { value: "cost", label: t("work.route.axis.cost") },
          { value: "co2", label: t("work.route.axis.co2") },
        ]}
        onChange={(value) => setAxis(value as Axis)}
      />
      <ScatterChart
        points={ways.map((way, i) => ({
          key: String(way.rank),
          x: way.days_mean,
          y: measure(way),
          mark: String(way.rank),
          label: `${way.rank}. ${wayName(way, world)}`,
          colour: wayColour(i, theme.value),
        }))}
        xTitle={t("work.route.axis.days")}
        yTitle={t(`work.route.axis.${axis}.unit`)}
        selected={itinerary.value === null ? null : String(itinerary.value)}
        onSelect={(key) => select(Number(key))}
      />
    </div>
  );
}

/** Operations at a place, which legs have for a mode. */
const OPERATIONS = ["border", "gauge_change", "transshipment"];

function modeText(mode: string): string {
  return t(OPERATIONS.includes(mode) ? `work.operation.${mode}` : `shell.mode.${mode}`);
}

function LegRow({ leg, ends }: { leg: RouteLeg; ends: { from: string; to: string } }) {
  const parts = [
    ["work.leg.moving", leg.moving_h],
    ["work.leg.waiting", leg.waiting_h],
    ["work.leg.handling", leg.handling_h],
  ] as const;
  const hours = parts
    .filter(([, hours_h]) => hours_h > 0)
    .map(([key, hours_h]) => t(key, { hours: formatNumber(hours_h, 1) }));
  const what = [
    modeText(leg.mode),
    leg.service,
    leg.operator !== leg.service && leg.operator,
    leg.length_km > 0 && `${formatNumber(leg.length_km)} km`,
  ];
  return (
    <li class="work-leg">
      <p>
        <strong>{ends.from === ends.to ? ends.from : `${ends.from} → ${ends.to}`}</strong>
      </p>
      <p>{what.filter(Boolean).join(", ")}</p>
      <p class="ui-hint">
        {[
          ...hours,
          t("work.leg.cost", { cost: formatNumber(leg.cost_usd_t, 1) }),
          t("work.leg.co2", { co2: formatNumber(leg.co2_kg_t, 1) }),
        ].join("; ")}
      </p>
      {leg.sources.length > 0 && (
        <Disclosure title={t("work.sources", { count: leg.sources.length })}>
          <ul class="work-list">
            {leg.sources.map((source) => (
              <li key={source}>
                <Source id={source} />
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
    </li>
  );
}

function Legs({ way, answer }: { way: RouteItinerary; answer: RouteAnswer }) {
  const world = study.value;
  const name = (id: string | null, otherwise: string): string =>
    id === null ? otherwise : world ? placeName(world, id) : id;
  const facts = [
    t("work.route.fact.days", {
      mean: formatNumber(way.days_mean, 1),
      p50: formatNumber(way.days_p50, 1),
      p90: formatNumber(way.days_p90, 1),
    }),
    t("work.route.fact.gauge", { changes: way.gauge_changes, borders: way.borders }),
    t("work.route.fact.countries", { countries: listed(way.countries.map(countryName)) }),
    t("work.route.fact.inventory", { cost: formatNumber(way.inventory_usd_t, 1) }),
    t("work.route.fact.co2", {
      wtt: formatNumber(way.co2_wtt_kg_t, 1),
      ttw: formatNumber(way.co2_ttw_kg_t, 1),
    }),
  ];
  const costs = Object.entries(way.cost_parts_usd_t).filter(([, cost_usd_t]) => cost_usd_t !== 0);
  return (
    <Section title={t("work.route.legs", { way: `${way.rank}. ${wayName(way, world)}` })}>
      {facts.map((fact) => (
        <p key={fact} class="ui-hint">
          {fact}
        </p>
      ))}
      <p class="ui-hint">
        {t("work.route.fact.costs", {
          costs: costs
            .map(([item, cost_usd_t]) => `${t(`work.cost.${item}`)} ${formatNumber(cost_usd_t, 1)}`)
            .join(", "),
        })}
      </p>
      {way.notices.map((notice) => (
        <p key={notice} class="work-warning">
          {notice}
        </p>
      ))}
      <ol class="work-legs">
        {way.legs.map((leg, number) => (
          <LegRow
            // Two legs of a way may be alike but for their place in it.
            key={`${way.rank} ${number}`}
            leg={leg}
            ends={{
              from: name(leg.from, answer.origin.name),
              to: name(leg.to, answer.destination.name),
            }}
          />
        ))}
      </ol>
    </Section>
  );
}

export function Ways({ answer }: { answer: RouteAnswer }) {
  const ways = answer.itineraries;
  const chosen = ways.find((way) => way.rank === itinerary.value);
  return (
    <>
      <Section title={t("work.route.ways", { count: ways.length })}>
        {answer.notes.map((note) => (
          <p key={note} class="ui-hint">
            {note}
          </p>
        ))}
        <WayTable ways={ways} />
        <WayChart ways={ways} />
      </Section>
      {chosen && <Legs way={chosen} answer={answer} />}
    </>
  );
}

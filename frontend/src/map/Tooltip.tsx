/** Figures of what the pointer is on. */

import { corridorName, nameOf } from "../data/names";
import { countryName, formatNumber, formatPercent, t } from "../i18n";
import { hovered, type Selection, study } from "../state";
import { type Stream, throughputOf, utilisationOf } from "./flows";
import { unitName } from "./key";
import type { Layout, MapLink } from "./layout";
import { corridorColour } from "./palette";
import {
  baselineStreams,
  layout,
  loads,
  mostVolume,
  numbers,
  pageColours,
  reading,
  shownStreams,
  streams,
} from "./store";
import type { Size } from "./view";

/** Space between the pointer and the figures. */
const AWAY = 14;
const MOST_CORRIDORS = 4;
/** Least share of a corridor that is named. */
const WORTH_TELLING = 0.005;

function volumeText(volume: number): string {
  const decimals = Math.abs(volume) < 10 ? 2 : Math.abs(volume) < 100 ? 1 : 0;
  return `${formatNumber(volume, decimals)} ${unitName()}`;
}

function changeText(volume: number): string {
  return `${volume > 0 ? "+" : ""}${volumeText(volume)}`;
}

export function Tooltip({ at, size }: { at: { x: number; y: number }; size: Size }) {
  const target = hovered.value;
  const on = layout.value;
  if (!target || !on) return null;
  const style = {
    left: at.x < size.width / 2 ? `${at.x + AWAY}px` : "auto",
    right: at.x < size.width / 2 ? "auto" : `${size.width - at.x + AWAY}px`,
    top: at.y < size.height / 2 ? `${at.y + AWAY}px` : "auto",
    bottom: at.y < size.height / 2 ? "auto" : `${size.height - at.y + AWAY}px`,
  };
  return (
    <div class="map-tooltip" style={style}>
      <Figures target={target} on={on} />
    </div>
  );
}

function Figures({ target, on }: { target: Selection; on: Layout }) {
  if (target.kind === "link") {
    const link = on.linkIndex.get(target.id);
    return link === undefined ? null : <LinkFigures link={link} on={on} />;
  }
  const node = on.nodeIndex.get(target.id);
  return target.kind !== "node" || node === undefined ? null : <NodeFigures node={node} on={on} />;
}

function ofLink(all: Stream[], link: number): Stream[] {
  return all.filter((stream) => stream.link === link);
}

function LinkFigures({ link, on }: { link: number; on: Layout }) {
  const shown = on.links[link] as MapLink;
  const own = ofLink(streams.value, link);
  const differs = reading.value === "difference";
  return (
    <>
      <strong>{study.value && nameOf(study.value, { kind: "link", id: shown.id })}</strong>
      <span class="map-tooltip-kind">{t(`map.mode.${shown.mode}`)}</span>
      {own.length === 0 && !differs && <span>{t("map.noFlow")}</span>}
      <dl>
        {[false, true].map((reversed) => (
          <Way key={String(reversed)} link={link} reversed={reversed} on={on} />
        ))}
      </dl>
      {!differs && <Corridors own={own} />}
    </>
  );
}

function volumeOf(all: Stream[], link: number, reversed: boolean): number {
  return all.find((stream) => stream.link === link && stream.reversed === reversed)?.volume ?? 0;
}

function Way({ link, reversed, on }: { link: number; reversed: boolean; on: Layout }) {
  const { from, to } = on.links[link] as MapLink;
  const volume = volumeOf(streams.value, link, reversed);
  const before = volumeOf(baselineStreams.value, link, reversed);
  if (volume === 0 && before === 0) return null;
  const end = on.nodes[reversed ? from : to];
  const utilisation = loads.value && utilisationOf(loads.value, link, reversed);
  return (
    <>
      <dt>{t("map.towards", { place: end?.name ?? "" })}</dt>
      <dd>
        {volumeText(volume)}
        {reading.value === "difference" && ` (${changeText(volume - before)})`}
      </dd>
      {utilisation !== null && (
        <>
          <dt class="map-tooltip-minor">{t("map.utilisation")}</dt>
          <dd>{formatPercent(utilisation)}</dd>
        </>
      )}
    </>
  );
}

/** What the corridors have of a link, the largest first. */
function Corridors({ own }: { own: Stream[] }) {
  const shares = new Map<string, number>();
  for (const { byCorridor } of own) {
    for (const [corridor, volume] of byCorridor) {
      shares.set(corridor, (shares.get(corridor) ?? 0) + volume);
    }
  }
  const total = [...shares.values()].reduce((sum, volume) => sum + volume, 0);
  const largest = [...shares]
    .filter(([, volume]) => volume >= WORTH_TELLING * total)
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_CORRIDORS);
  const theme = pageColours.value?.theme ?? "light";
  return (
    <ul>
      {largest.map(([corridor, volume]) => (
        <li key={corridor}>
          <svg width="10" height="10" aria-hidden="true">
            <rect
              width="10"
              height="10"
              rx="2"
              fill={corridorColour(numbers.value.get(corridor), theme)}
            />
          </svg>
          {(study.value && corridor && corridorName(study.value, corridor)) || t("map.noCorridor")}{" "}
          <span>{formatPercent(volume / total)}</span>
        </li>
      ))}
    </ul>
  );
}

function NodeFigures({ node, on }: { node: number; on: Layout }) {
  const place = on.nodes[node];
  if (!place) return null;
  const passing = throughputOf(streams.value, on)[node] ?? 0;
  const before = throughputOf(baselineStreams.value, on)[node] ?? 0;
  const waiting = loads.value?.waiting.get(node) ?? 0;
  const busiest = loads.value?.nodes.get(node);
  return (
    <>
      <strong>{place.name}</strong>
      <span class="map-tooltip-kind">
        {t(`map.kind.${place.kind}`)}
        {place.country && `, ${countryName(place.country)}`}
      </span>
      <dl>
        {(passing > 0 || before > 0) && (
          <>
            <dt>{t("map.throughput")}</dt>
            <dd>
              {volumeText(passing)}
              {reading.value === "difference" && ` (${changeText(passing - before)})`}
            </dd>
          </>
        )}
        {busiest !== undefined && (
          <>
            <dt>{t("map.busiestTerminal")}</dt>
            <dd>{formatPercent(busiest)}</dd>
          </>
        )}
        {waiting > 0 && (
          <>
            <dt>{t("map.waiting")}</dt>
            <dd>
              {formatNumber(waiting)} {t("map.unit.kt_h")}
            </dd>
          </>
        )}
      </dl>
      {mostVolume.value > 0 && shownStreams.value.length > 0 && passing === 0 && (
        <span>{t("map.noFlow")}</span>
      )}
    </>
  );
}

/** What the colours, widths and symbols of the map say. */

import { useSignal } from "@preact/signals";
import { formatNumber, formatPercent, t } from "../i18n";
import { corridor, run, type Theme } from "../state";
import {
  CORRIDOR_COLOURS,
  corridorColour,
  LESS_COLOURS,
  MORE_COLOURS,
  OTHER_COLOURS,
  UTILISATION_COLOURS,
  UTILISATION_LIMITS,
} from "./palette";
import { roundVolume, widthOf } from "./ribbons";
import { dashOf } from "./scene";
import {
  corridorModes,
  layout,
  mostVolume,
  numbers,
  pageColours,
  reading,
  stage,
  widthFactor,
  withFlows,
} from "./store";
import { SYMBOLS } from "./symbols";
import { corridorName, unitName } from "./Tooltip";

const NARROW = "(max-width: 700px)";
/** Widths are shown for the largest volume and for these shares of it. */
const SHARES = [0.25, 0.02];

export function Legend() {
  const open = useSignal(!window.matchMedia(NARROW).matches);
  const theme = pageColours.value?.theme ?? "light";
  if (!layout.value) return null;
  return (
    <details
      class="map-legend"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{t("map.legend")}</summary>
      <div class="map-legend-body">
        {withFlows.value && run.value && <FlowKey theme={theme} />}
        {stage.value && <PlayKey theme={theme} />}
        <SymbolKey />
      </div>
    </details>
  );
}

function FlowKey({ theme }: { theme: Theme }) {
  return (
    <>
      {reading.value === "corridor" && <CorridorKey theme={theme} />}
      {reading.value === "utilisation" && <UtilisationKey theme={theme} />}
      {reading.value === "difference" && <DifferenceKey theme={theme} />}
      <WidthKey />
    </>
  );
}

function Swatch({ colour, mode = "" }: { colour: string; mode?: string }) {
  return (
    <svg class="map-swatch" width="22" height="8" aria-hidden="true">
      <line
        x2="22"
        y1="4"
        y2="4"
        stroke={colour}
        stroke-width="5"
        stroke-dasharray={dashOf(mode)?.join(" ")}
      />
    </svg>
  );
}

/** Corridors that colour at least one link, in the order of the study; a click shows one alone. */
function CorridorKey({ theme }: { theme: Theme }) {
  const modes = corridorModes.value;
  const listed = [...numbers.value.keys()].filter((id) => modes.has(id) || id === corridor.value);
  const marked = listed.filter((id) => (numbers.value.get(id) ?? -1) >= 0);
  const others = listed.filter((id) => !marked.includes(id));
  return (
    <details>
      <summary>{t("map.byCorridor")}</summary>
      <ul>
        {[...marked, ...others].map((id) => (
          <li key={id}>
            <button
              type="button"
              class="map-legend-entry"
              aria-pressed={corridor.value === id}
              onClick={() => {
                corridor.value = corridor.value === id ? null : id;
              }}
            >
              <Swatch colour={corridorColour(numbers.value.get(id), theme)} mode={modes.get(id)} />
              {corridorName(id)}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function UtilisationKey({ theme }: { theme: Theme }) {
  const limits = UTILISATION_LIMITS.map((limit) => formatPercent(limit));
  const last = limits.length;
  const texts = [
    t("map.below", { limit: limits[0] as string }),
    ...limits.slice(1).map((limit, i) => t("map.range", { low: limits[i] as string, high: limit })),
    t("map.above", { limit: limits[last - 1] as string }),
  ];
  return (
    <section>
      <h3>{t("map.byUtilisation")}</h3>
      <ul>
        {texts.map((text, i) => (
          <li key={text}>
            <Swatch colour={UTILISATION_COLOURS[theme][i] as string} />
            {text}
          </li>
        ))}
        <li>
          <Swatch colour={OTHER_COLOURS[theme]} />
          {t("map.noCapacity")}
        </li>
        <li>
          <svg class="map-swatch" width="22" height="16" aria-hidden="true">
            <circle cx="11" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.8" />
          </svg>
          {t("map.ring")}
        </li>
      </ul>
    </section>
  );
}

function DifferenceKey({ theme }: { theme: Theme }) {
  return (
    <section>
      <h3>{t("map.difference")}</h3>
      <ul>
        <li>
          <Swatch colour={MORE_COLOURS[theme]} />
          {t("map.more")}
        </li>
        <li>
          <Swatch colour={LESS_COLOURS[theme]} />
          {t("map.less")}
        </li>
      </ul>
    </section>
  );
}

function WidthKey() {
  const most = mostVolume.value;
  if (most <= 0) return null;
  const volumes = [1, ...SHARES].map((share) => roundVolume(most * share * 0.5));
  return (
    <section>
      <h3>{t("map.width", { unit: unitName() })}</h3>
      <ul class="map-legend-widths">
        {volumes.map((volume) => (
          <li key={volume}>
            <svg class="map-swatch" width="22" height="26" aria-hidden="true">
              <line
                x2="22"
                y1="13"
                y2="13"
                stroke="currentColor"
                stroke-width={widthOf(volume, most) * widthFactor.value}
              />
            </svg>
            {formatNumber(volume, 2)}
          </li>
        ))}
      </ul>
      <p>{t("map.side")}</p>
    </section>
  );
}

function PlayKey({ theme }: { theme: Theme }) {
  const oneIn = run.value?.playback?.one_in ?? 1;
  return (
    <section>
      <h3>{t("map.play")}</h3>
      <ul>
        <li>
          <svg class="map-swatch" width="22" height="12" aria-hidden="true">
            {CORRIDOR_COLOURS[theme].slice(5, 8).map((colour, i) => (
              <circle key={colour} cx={4 + 7 * i} cy="6" r="2.6" fill={colour} />
            ))}
          </svg>
          {t("map.dot", { shipments: oneIn })}
        </li>
        <li>
          <svg class="map-swatch" width="22" height="12" aria-hidden="true">
            <path
              d="M4 2.5H14L20 6L14 9.5H4Z"
              fill="none"
              stroke="currentColor"
              stroke-width="1.2"
            />
            <path d="M4 4H11L15 6L11 8H4Z" fill="currentColor" />
          </svg>
          {t("map.vessel")}
        </li>
        <li>
          <svg class="map-swatch map-bad" width="22" height="16" aria-hidden="true">
            <circle cx="11" cy="8" r="6.5" fill="currentColor" fill-opacity="0.33" />
            <circle cx="11" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5" />
          </svg>
          {t("map.queue")}
        </li>
        <li>
          <svg class="map-swatch map-bad" width="22" height="16" aria-hidden="true">
            <path d="M7.5 4.5L14.5 11.5M7.5 11.5L14.5 4.5" stroke="currentColor" stroke-width="2" />
          </svg>
          {t("map.closed")}
        </li>
      </ul>
    </section>
  );
}

/** Symbols of the kinds of place that the study has. */
function SymbolKey() {
  const kinds = new Set(layout.value?.nodes.map((node) => node.kind));
  return (
    <details class="map-legend-symbols">
      <summary>{t("map.symbols")}</summary>
      <ul>
        {Object.entries(SYMBOLS)
          .filter(([kind]) => kinds.has(kind))
          .map(([kind, { corners, hollow, radius }]) => (
            <li key={kind}>
              <svg class="map-swatch" width="22" height="14" aria-hidden="true">
                <g
                  transform="translate(11 7)"
                  fill={hollow ? "none" : "currentColor"}
                  stroke="currentColor"
                  stroke-width={hollow ? 1.3 : 0}
                >
                  {corners.length === 0 ? (
                    <circle r={radius * 1.3} />
                  ) : (
                    <polygon points={corners.map((corner) => corner * radius * 1.3).join(" ")} />
                  )}
                </g>
              </svg>
              {t(`map.kind.${kind}`)}
            </li>
          ))}
      </ul>
    </details>
  );
}

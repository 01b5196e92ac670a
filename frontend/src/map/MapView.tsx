/** The map: it fills its parent, and shows what the state of the page says. */

import { effect, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { geoContains } from "d3-geo";
import { useEffect, useRef } from "preact/hooks";
import type { RouteAnswer } from "../contract";
import { commodityName, corridorName } from "../data/names";
import { formatDate, formatFigure, formatNumber, t } from "../i18n";
import { titleWithYear } from "../panels/RunLine";
import { dayAt } from "../play/clock";
import {
  baseline,
  commodity,
  corridor,
  direction,
  flyTo,
  hovered,
  playHour,
  run,
  type Selection,
  selected,
  study,
} from "../state";
import { choiceOnMap } from "../tabs/invest/state";
import { ranked } from "../tabs/stress/figures";
import { lossesOnMap, measure } from "../tabs/stress/state";
import { balanceOnMap, commodityShown } from "../tabs/supply/state";
import { Camera } from "./camera";
import "./map.css";
import { keyGroups } from "./key";
import { pick } from "./pick";
import { boxOfItinerary } from "./routes";
import type { Scene } from "./scene";
import {
  isComplete,
  layout,
  overlay,
  reading,
  refreshColours,
  scene,
  shownAnswer,
  shownStreams,
  stage,
  viewScale,
  worldProblem,
} from "./store";
import { Surface } from "./surface";
import { type Frame, framedSvg, mapSvg } from "./svg";
import { Tooltip } from "./Tooltip";
import { fitHome, type Size, type View } from "./view";

interface Handles {
  camera: Camera;
  size: Size;
}

export function MapView() {
  const host = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const handles = useRef<Handles | null>(null);
  const pointer = useSignal<{ x: number; y: number } | null>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const hasCanvas = useSignal(true);

  useEffect(followTheme, []);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const stopSize = followSize(element, (now) => {
      size.value = now;
    });
    const contexts = [below, above].map((canvas) => canvas.current?.getContext("2d") ?? null);
    const [ground, over] = contexts;
    if (!ground || !over) {
      hasCanvas.value = false;
      return stopSize;
    }
    const surface = new Surface(ground, over, markReady);
    const camera = new Camera(element, (view) => {
      surface.setView(view);
      viewScale.value = Number(view.k.toPrecision(2));
    });
    handles.current = { camera, size: size.peek() };
    const stopFollowing = followState(surface, camera, () => size.value);
    return () => {
      stopFollowing();
      stopSize();
      surface.stop();
      camera.stop();
      handles.current = null;
    };
  }, []);

  useSignalEffect(() => {
    if (handles.current) handles.current.size = size.value;
  });

  const label = useComputed(describe);
  const find = (event: MouseEvent): Selection | null => {
    const now = scene.peek();
    const camera = handles.current?.camera;
    if (!now || !camera) return null;
    const at = placeOf(event, host.current);
    return pick(now, camera.view, at.x, at.y);
  };

  return (
    <div class="map">
      <div
        class="map-host"
        ref={host}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is moved by keys
        tabIndex={0}
        aria-label={label.value}
        aria-describedby="map-keys"
        onPointerMove={(event) => {
          if (event.buttons !== 0) {
            hovered.value = null;
            return;
          }
          pointer.value = placeOf(event, host.current);
          hovered.value = find(event);
        }}
        onPointerLeave={() => {
          pointer.value = null;
          hovered.value = null;
        }}
        onClick={(event) => {
          const at = placeOf(event, host.current);
          selected.value = find(event) ?? countryAt(handles.current?.camera.view, at);
        }}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          if (event.key === "Escape") selected.value = null;
          else if (!handles.current?.camera.press(event.key)) return;
          event.preventDefault();
        }}
      >
        {hasCanvas.value ? (
          <>
            <canvas ref={below} />
            <canvas ref={above} />
          </>
        ) : (
          <StillMap size={size.value} label={label.value} />
        )}
      </div>
      <p id="map-keys" class="map-hidden">
        {t("map.keys")}
      </p>
      {pointer.value && hovered.value && <Tooltip at={pointer.value} size={size.value} />}
      <div class="map-buttons">
        {hasCanvas.value && (
          <>
            <MapButton
              name="map.zoomIn"
              sign="M8 3V13M3 8H13"
              onPress={() => handles.current?.camera.zoomBy(1)}
            />
            <MapButton
              name="map.zoomOut"
              sign="M3 8H13"
              onPress={() => handles.current?.camera.zoomBy(-1)}
            />
            <MapButton
              name="map.home"
              sign="M3 6V3H6M10 3H13V6M13 10V13H10M6 13H3V10"
              onPress={() => handles.current?.camera.home()}
            />
          </>
        )}
        <MapButton
          name="map.save"
          sign="M8 2V10M4.5 7L8 10.5L11.5 7M3 13.5H13"
          onPress={() => savePicture(handles.current?.camera.view, size.peek())}
        />
      </div>
      <p class="map-credit" title={worldProblem.value ?? t("map.boundariesWhy")}>
        {worldProblem.value ? t("map.noCoastlines") : t("map.boundaries")}
      </p>
    </div>
  );
}

function MapButton(props: { name: string; sign: string; onPress: () => void }) {
  return (
    <button type="button" aria-label={t(props.name)} title={t(props.name)} onClick={props.onPress}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <path d={props.sign} fill="none" stroke="currentColor" stroke-width="1.6" />
      </svg>
    </button>
  );
}

/** The map where there is no canvas: all of the study, and it does not move. */
function StillMap({ size, label }: { size: Size; label: string }) {
  const now = scene.value;
  if (!now || size.width === 0) return null;
  const view = fitHome(now.layout.plane, size);
  const picture = mapSvg(now, view, size, overlay.value, label);
  return (
    <img
      src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture)}`}
      alt={label}
      onLoad={markReady}
    />
  );
}

/** Tests and the printing of pictures wait for this. */
function markReady(): void {
  if (isComplete.peek()) document.documentElement.dataset.map = "ready";
}

function placeOf(event: MouseEvent, host: HTMLElement | null): { x: number; y: number } {
  const box = host?.getBoundingClientRect();
  return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
}

/** Return the country of the study at a place of the screen, or null. */
function countryAt(view: View | undefined, at: { x: number; y: number }): Selection | null {
  const now = scene.peek();
  if (!now?.base || !view) return null;
  const place = now.layout.plane.invert((at.x - view.x) / view.k, (at.y - view.y) / view.k);
  const country = now.base.countries.find(
    ({ code, feature }) => code && now.layout.countries.has(code) && geoContains(feature, place),
  );
  return country?.code ? { kind: "country", id: country.code } : null;
}

/** Say in one sentence what is shown. */
function describe(): string {
  const title = study.value?.page.title ?? "";
  const links = new Set(shownStreams.value.map((stream) => stream.link)).size;
  if (balanceOnMap.value) {
    return t("supply.map.label", {
      study: title,
      year: String(balanceOnMap.value.year),
      links: formatNumber(links),
      limits: formatNumber(balanceOnMap.value.binding.length),
    });
  }
  if (lossesOnMap.value) {
    return t("stress.map.label", {
      study: title,
      measure: t(`stress.measure.${measure.value}`),
      losses: formatNumber(ranked(lossesOnMap.value, measure.value).length),
    });
  }
  if (choiceOnMap.value) {
    return t("invest.map.label", {
      study: title,
      budget: formatFigure(choiceOnMap.value.budget_musd),
      chosen: formatNumber(choiceOnMap.value.chosen.length),
      projects: formatNumber(choiceOnMap.value.projects.length),
    });
  }
  if (!run.value) return t("map.labelStudy", { study: title });
  return t(`map.label.${reading.value}`, {
    study: title,
    run: run.value.page.scenario.title,
    links: formatNumber(links),
  });
}

/** Read the colours of the page, now and whenever its theme changes. */
function followTheme(): () => void {
  refreshColours();
  const observer = new MutationObserver(refreshColours);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}

function followSize(element: HTMLElement, onSize: (size: Size) => void): () => void {
  const read = () => onSize({ width: element.clientWidth, height: element.clientHeight });
  const observer = new ResizeObserver(read);
  observer.observe(element);
  read();
  return () => observer.disconnect();
}

/** Redraw when anything that the map shows has changed. */
function followState(surface: Surface, camera: Camera, size: () => Size): () => void {
  let seenAnswer: RouteAnswer | null = null;
  const stops = [
    effect(() => {
      const now = size();
      surface.setSize(now);
      camera.setSize(now);
    }),
    effect(() => {
      if (layout.value) camera.setPlane(layout.value.plane);
    }),
    effect(() => {
      if (scene.value) surface.setScene(scene.value);
    }),
    effect(() => {
      surface.setOverlay(overlay.value);
    }),
    effect(() => {
      const answer = shownAnswer.value;
      if (answer && answer !== seenAnswer && layout.value) {
        const first = answer.itineraries[0];
        if (first) camera.showBox(boxOfItinerary(answer, first, layout.value));
      }
      seenAnswer = answer ?? seenAnswer;
    }),
    effect(() => {
      const target = flyTo.value;
      if (!target) return;
      camera.flyTo(target.longitude, target.latitude, target.scale);
      flyTo.value = null;
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** What stands round a picture of what is seen now. */
function frameNow(): Frame {
  const page = study.peek()?.page;
  const [shown, other] = [run.peek(), baseline.peek()];
  const runs = ofAnswer() ? [] : [shown, other];
  const names = runs.flatMap((one) => (one ? titleWithYear(one) : []));
  return {
    title: names.join(` ${t("shell.compare.with")} `) || (page?.title ?? ""),
    subtitle: choiceText(),
    key: keyGroups.peek(),
    credit: [page?.title, page?.attribution, t("map.boundaries")]
      .flatMap((part) => part?.replace(/\.$/, "") ?? [])
      .join(". "),
    description: describe(),
  };
}

/** Say in words what answer of a long question is on the map; null: none. */
function ofAnswer(): string | null {
  const [balance, losses, choice] = [balanceOnMap.peek(), lossesOnMap.peek(), choiceOnMap.peek()];
  const open = study.peek();
  if (balance) {
    const goods = commodityShown.peek();
    return t("supply.map.subtitle", {
      year: String(balance.year),
      goods: goods && open ? commodityName(open, goods) : t("supply.map.all"),
    });
  }
  if (losses) {
    return t("stress.map.subtitle", { year: String(losses.year), days: losses.days });
  }
  if (!choice) return null;
  return t("invest.map.subtitle", {
    year: String(choice.year),
    budget: formatFigure(choice.budget_musd),
  });
}

/** Say in words what of the run is shown: an answer, an hour, or a choice of goods. */
function choiceText(): string {
  const open = study.peek();
  const answer = shownAnswer.peek();
  const said = ofAnswer();
  if (!open) return "";
  if (said) return said;
  if (answer) {
    const goods = commodityName(open, answer.commodity);
    return `${answer.origin.name} → ${answer.destination.name}, ${goods}`;
  }
  const chosen = [
    commodity.peek() && commodityName(open, commodity.peek() as string),
    corridor.peek() && corridorName(open, corridor.peek() as string),
  ];
  const start = stage.peek() && run.peek()?.playback?.start;
  const moment = start
    ? formatDate(dayAt(start, playHour.peek()))
    : t(`shell.direction.${direction.peek()}`);
  return [moment, ...chosen].filter(Boolean).join(", ");
}

/** Offer the map as it is seen as an SVG file. */
function savePicture(view: View | undefined, size: Size): void {
  const now: Scene | null = scene.peek();
  if (!now) return;
  const seen = view ?? fitHome(now.layout.plane, size);
  const above = { ...overlay.peek(), hovered: null };
  const picture = framedSvg(now, seen, size, above, frameNow());
  const address = URL.createObjectURL(new Blob([picture], { type: "image/svg+xml" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${run.peek()?.page.run_id ?? study.peek()?.page.study ?? "map"}.svg`;
  link.click();
  URL.revokeObjectURL(address);
}

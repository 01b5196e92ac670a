/** What the colours, widths and symbols of the map say, beside it. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { type KeyEntry, type KeyGroup, keyGroups, SAMPLE_WIDTH } from "./key";
import { pageColours } from "./store";
import { SvgPainter } from "./svgPainter";

const NARROW = "(max-width: 700px)";
/** Long groups that are closed at first. */
const FOLDED: readonly KeyGroup["id"][] = ["corridor", "places"];

export function Legend() {
  const open = useSignal(!window.matchMedia(NARROW).matches);
  const groups = keyGroups.value;
  if (groups.length === 0) return null;
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
        {groups.map((group) => (
          <Group key={group.id} group={group} />
        ))}
      </div>
    </details>
  );
}

function Group({ group }: { group: KeyGroup }) {
  const { id, title, entries, note } = group;
  const list = (
    <>
      <ul class={`map-legend-${id}`}>
        {entries.map((entry) => (
          <li key={entry.text}>
            <Entry entry={entry} />
          </li>
        ))}
      </ul>
      {note && <p>{note}</p>}
    </>
  );
  if (!FOLDED.includes(id)) {
    return (
      <section>
        <h3>{title}</h3>
        {list}
      </section>
    );
  }
  return (
    <details class="map-legend-folded">
      <summary>{title}</summary>
      {list}
    </details>
  );
}

function Entry({ entry }: { entry: KeyEntry }) {
  const { text, press } = entry;
  const content: ComponentChildren = (
    <>
      <Sample entry={entry} />
      {text}
    </>
  );
  if (!press) return content;
  return (
    <button type="button" class="map-legend-entry" aria-pressed={press.isOn} onClick={press.act}>
      {content}
    </button>
  );
}

/** The mark as the map paints it. */
function Sample({ entry: { height, paint } }: { entry: KeyEntry }) {
  const size = { width: Math.max(SAMPLE_WIDTH, height), height };
  const painter = new SvgPainter(size, pageColours.value?.sans ?? "sans-serif");
  paint(painter, size.width / 2, size.height / 2);
  const picture = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(painter.finish(""))}`;
  return <img class="map-sample" alt="" src={picture} {...size} />;
}

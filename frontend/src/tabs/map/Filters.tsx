/** Which flows are shown, and how. */

import type { Study } from "../../data/model";
import { allRows } from "../../data/queries";
import { t } from "../../i18n";
import { colourBy, commodity, corridor, direction, unit } from "../../state";
import { Choice, Section, Select } from "../../ui";

/** Which goods, and on which corridor: of flows and of the animation. */
export function GoodsFilters({ study }: { study: Study }) {
  const goods = allRows(study.table("commodity"));
  const corridors = allRows(study.table("corridor"));
  const all = { value: "", label: t("shell.filter.all") };
  return (
    <>
      <Select
        label={t("shell.filter.commodity")}
        value={commodity.value ?? ""}
        options={[
          all,
          ...goods.map((row) => ({ value: String(row.commodity_id), label: String(row.name) })),
        ]}
        onChange={(value) => {
          commodity.value = value || null;
        }}
      />
      <Select
        label={t("shell.filter.corridor")}
        value={corridor.value ?? ""}
        options={[
          all,
          ...corridors.map((row) => ({
            value: String(row.corridor_id),
            label: String(row.name),
          })),
        ]}
        onChange={(value) => {
          corridor.value = value || null;
        }}
      />
    </>
  );
}

export function Filters({ study }: { study: Study }) {
  return (
    <Section title={t("shell.filter")}>
      <div class="panel-filters">
        <GoodsFilters study={study} />
        <Select
          label={t("shell.filter.direction")}
          value={direction.value}
          options={(["both", "westbound", "eastbound"] as const).map((value) => ({
            value,
            label: t(`shell.direction.${value}`),
          }))}
          onChange={(value) => {
            direction.value = value as typeof direction.value;
          }}
        />
        <Select
          label={t("shell.filter.colour")}
          value={colourBy.value}
          options={(["corridor", "utilisation"] as const).map((value) => ({
            value,
            label: t(`shell.colour.${value}`),
          }))}
          onChange={(value) => {
            colourBy.value = value as typeof colourBy.value;
          }}
        />
      </div>
      <Choice
        label={t("shell.filter.unit")}
        hideLabel
        value={unit.value}
        options={(["kt", "kteu"] as const).map((value) => ({
          value,
          label: t(`shell.counted.${value}`),
        }))}
        onChange={(value) => {
          unit.value = value as typeof unit.value;
        }}
      />
    </Section>
  );
}

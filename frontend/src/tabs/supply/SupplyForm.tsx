/** What is balanced: goods, whose world, who buys from whom, and at what price of carbon. */

import { useMemo } from "preact/hooks";
import { t } from "../../i18n";
import { locale, study } from "../../state";
import { Select, Toggle } from "../../ui";
import {
  MoreFields,
  NumberField,
  QuestionForm,
  WorldField,
  YearField,
} from "../questions/QuestionForm";
import { ChipsField } from "../scenario/ChipsField";
import { commodityOptions, countryOptions } from "../scenario/proposals";
import { DEAREST_CARBON_USD_T, type SupplyForm as Form, form } from "./form";
import { ask, asking } from "./state";

function set(part: Partial<Form>) {
  form.value = { ...form.value, ...part };
  asking.fault.value = null;
}

export function SupplyForm() {
  const world = study.value;
  const language = locale.value;
  const options = useMemo(
    () =>
      world
        ? { commodities: commodityOptions(world), countries: countryOptions(world) }
        : { commodities: [], countries: [] },
    [world, language],
  );
  const { commodities, embargo, buyers, contracts, avoid, carbonPrice } = form.value;
  const countries = options.countries.map(({ key, label }) => ({ value: key, label }));

  return (
    <QuestionForm asking={asking} ask={ask} action={t("supply.ask")}>
      <ChipsField
        label={t("supply.commodities")}
        hint={commodities.length ? undefined : t("supply.commodities.hint")}
        options={options.commodities}
        chosen={commodities}
        onChange={(chosen) => set({ commodities: chosen })}
      />
      <ChipsField
        label={t("supply.embargo")}
        hint={embargo.length ? undefined : t("supply.embargo.hint")}
        options={options.countries}
        chosen={embargo}
        onChange={(chosen) => set({ embargo: chosen })}
      />
      <MoreFields
        asking={asking}
        title={t("supply.more")}
        faults={["question.fault.year", "supply.fault.carbon"]}
      >
        {embargo.length > 0 && (
          <ChipsField
            label={t("supply.buyers")}
            hint={buyers.length ? undefined : t("supply.buyers.hint")}
            options={options.countries}
            chosen={buyers}
            onChange={(chosen) => set({ buyers: chosen })}
          />
        )}
        <WorldField form={form.value} set={set} />
        <div class="work-pair">
          <YearField form={form.value} set={set} asking={asking} />
          <NumberField
            asking={asking}
            min={0}
            max={DEAREST_CARBON_USD_T}
            label={t("supply.carbon")}
            placeholder="0"
            fault="supply.fault.carbon"
            value={carbonPrice}
            onInput={(value) => set({ carbonPrice: value })}
          />
        </div>
        <Toggle
          label={t("supply.contracts.keep")}
          checked={contracts}
          onChange={(isOn) => set({ contracts: isOn })}
        />
        <Select
          label={t("supply.frontier.of")}
          hint={t("supply.frontier.hint")}
          value={avoid}
          options={[{ value: "", label: t("supply.frontier.none") }, ...countries]}
          onChange={(value) => set({ avoid: value })}
        />
      </MoreFields>
    </QuestionForm>
  );
}

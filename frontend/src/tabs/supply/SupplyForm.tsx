/** What is balanced: goods, whose world, who buys from whom, and at what price of carbon. */

import { useMemo } from "preact/hooks";
import { t } from "../../i18n";
import { locale, run, study } from "../../state";
import { Button, Disclosure, Select, TextField, Toggle } from "../../ui";
import { ChipsField } from "../scenario/ChipsField";
import { commodityOptions, countryOptions } from "../scenario/proposals";
import { ask, fault, giveUp, isAsking } from "./asking";
import {
  DEAREST_CARBON_USD_T,
  FIRST_YEAR,
  type SupplyForm as Form,
  form,
  LAST_YEAR,
  worldOf,
} from "./form";

function set(part: Partial<Form>) {
  form.value = { ...form.value, ...part };
  fault.value = null;
}

function faultText(key: string): string | null {
  return fault.value === key ? t(key) : null;
}

function WorldField() {
  const shown = run.value;
  const worlds = [
    { value: "draft", label: t("supply.world.draft") },
    { value: "study", label: t("supply.world.study") },
    ...(shown
      ? [
          {
            value: "run",
            label: t("supply.world.run", {
              run: shown.page.scenario.title || shown.page.scenario.name,
            }),
          },
        ]
      : []),
  ];
  const context = { run: shown && { run_id: "", year: null, content: {} } };
  return (
    <Select
      label={t("supply.world")}
      value={worldOf(form.value, context)}
      options={worlds}
      onChange={(value) => set({ world: value as Form["world"] })}
    />
  );
}

function PriceAndYear() {
  const { year, carbonPrice } = form.value;
  return (
    <div class="work-pair">
      <TextField
        type="number"
        min={FIRST_YEAR}
        max={LAST_YEAR}
        step={1}
        label={t("supply.year")}
        placeholder={t("supply.year.hint")}
        error={faultText("supply.fault.year")}
        value={year}
        onInput={(value) => set({ year: value })}
      />
      <TextField
        type="number"
        min={0}
        max={DEAREST_CARBON_USD_T}
        step="any"
        label={t("supply.carbon")}
        placeholder="0"
        error={faultText("supply.fault.carbon")}
        value={carbonPrice}
        onInput={(value) => set({ carbonPrice: value })}
      />
    </div>
  );
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
  const { commodities, embargo, buyers, contracts, avoid } = form.value;
  const countries = options.countries.map(({ key, label }) => ({ value: key, label }));

  return (
    <form
      class="work-form"
      // The page says what is wrong, in its own language.
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
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
      <Disclosure title={t("supply.more")}>
        <div class="work-form">
          {embargo.length > 0 && (
            <ChipsField
              label={t("supply.buyers")}
              hint={buyers.length ? undefined : t("supply.buyers.hint")}
              options={options.countries}
              chosen={buyers}
              onChange={(chosen) => set({ buyers: chosen })}
            />
          )}
          <WorldField />
          <PriceAndYear />
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
        </div>
      </Disclosure>
      <div class="work-buttons">
        <Button look="primary" type="submit" disabled={isAsking.value}>
          {t("supply.ask")}
        </Button>
        {isAsking.value && <Button onClick={giveUp}>{t("work.cancel")}</Button>}
      </div>
    </form>
  );
}

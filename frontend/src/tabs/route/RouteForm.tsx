/** What is shipped, from where to where, until when, and what the ways are compared by. */

import { useMemo } from "preact/hooks";
import { t } from "../../i18n";
import { locale, run, study } from "../../state";
import {
  Button,
  Choice,
  Combobox,
  Disclosure,
  IconButton,
  type Proposal,
  Select,
  TextField,
  Toggle,
} from "../../ui";
import { ChipsField } from "../scenario/ChipsField";
import {
  commodityOptions,
  corridorOptions,
  countryOptions,
  matching,
  modeOptions,
  placeOptions,
} from "../scenario/proposals";
import { CRITERIA, type RouteForm as Form, form, swapped, type World, worldOf } from "./form";
import { contextNow, fault, giveUp, isPlanning, plan } from "./planning";

function set(part: Partial<Form>) {
  form.value = { ...form.value, ...part };
  fault.value = null;
}

interface PlaceFieldProps {
  end: "origin" | "destination";
  places: readonly Proposal[];
}

function PlaceField({ end, places }: PlaceFieldProps) {
  const place = form.value[end];
  return (
    <Combobox
      label={t(`work.route.${end}`)}
      placeholder={t("work.route.place.hint")}
      error={fault.value === `work.route.fault.${end}` ? t(fault.value) : null}
      value={place.text}
      onInput={(text) => set({ [end]: { text, node_id: null } })}
      proposals={matching(places, place.text)}
      onChoose={({ key, label }) => set({ [end]: { text: label, node_id: key } })}
    />
  );
}

function DeadlineFields() {
  const { depart, deadline, deadlineIn } = form.value;
  const isWrong = fault.value === "work.route.fault.deadline";
  return (
    <>
      <TextField
        type="date"
        label={t("work.route.depart")}
        hint={t("work.route.depart.hint")}
        error={fault.value === "work.route.fault.depart" ? t(fault.value) : null}
        value={depart}
        onInput={(value) => set({ depart: value })}
      />
      <div class="work-pair work-pair-end">
        <TextField
          type={deadlineIn === "days" ? "number" : "date"}
          min={deadlineIn === "days" ? 0 : undefined}
          label={t("work.route.deadline")}
          error={isWrong ? t("work.route.fault.deadline") : null}
          value={deadline}
          onInput={(value) => set({ deadline: value })}
        />
        <Choice
          label={t("work.route.deadline.in")}
          hideLabel
          value={deadlineIn}
          options={[
            { value: "days", label: t("work.route.deadline.days") },
            { value: "date", label: t("work.route.deadline.date") },
          ]}
          onChange={(value) => set({ deadlineIn: value as Form["deadlineIn"], deadline: "" })}
        />
      </div>
    </>
  );
}

function CriteriaFields() {
  const { by, deadline } = form.value;
  return (
    <fieldset class="work-group">
      <legend class="ui-label">{t("work.route.by")}</legend>
      {CRITERIA.map((one) => (
        <Toggle
          key={one}
          label={t(`work.route.by.${one}`)}
          disabled={one === "reliability" && !deadline}
          checked={by.includes(one) && (one !== "reliability" || deadline !== "")}
          onChange={(isOn) =>
            set({ by: CRITERIA.filter((each) => (each === one ? isOn : by.includes(each))) })
          }
        />
      ))}
      {fault.value === "work.route.fault.criteria" && <p class="ui-error">{t(fault.value)}</p>}
    </fieldset>
  );
}

function WorldFields() {
  const worlds: { value: World; label: string }[] = [
    ...(run.value
      ? [
          {
            value: "run" as const,
            label: t("work.route.world.run", {
              run: run.value.page.scenario.title || run.value.page.scenario.name,
            }),
          },
        ]
      : []),
    { value: "draft", label: t("work.route.world.draft") },
    { value: "study", label: t("work.route.world.study") },
  ];
  return (
    <>
      <Select
        label={t("work.route.world")}
        value={worldOf(form.value, contextNow())}
        options={worlds}
        onChange={(value) => set({ world: value as World })}
      />
      {run.value && (
        <Toggle
          label={t("work.route.queues")}
          hint={t("work.route.queues.hint")}
          checked={form.value.usesQueues}
          onChange={(usesQueues) => set({ usesQueues })}
        />
      )}
    </>
  );
}

export function RouteForm() {
  const world = study.value;
  const language = locale.value;
  const options = useMemo(() => {
    if (!world) return { places: [], avoidable: [], commodities: [] };
    const places = placeOptions(world);
    const others = [...countryOptions(world), ...corridorOptions(world), ...modeOptions(world)];
    return { places, avoidable: [...others, ...places], commodities: commodityOptions(world) };
  }, [world, language]);
  const { commodity, avoid, via } = form.value;

  return (
    <form
      class="work-form"
      onSubmit={(event) => {
        event.preventDefault();
        void plan();
      }}
    >
      <div class="work-ends">
        <div class="work-ends-fields">
          <PlaceField end="origin" places={options.places} />
          <PlaceField end="destination" places={options.places} />
        </div>
        <IconButton
          icon="swap"
          label={t("work.route.swap")}
          onClick={() => set(swapped(form.value))}
        />
      </div>
      <Select
        label={t("work.route.commodity")}
        value={commodity || contextNow().commodity}
        options={options.commodities.map(({ key, label }) => ({ value: key, label }))}
        onChange={(value) => set({ commodity: value })}
      />
      <Disclosure title={t("work.route.more")}>
        <div class="work-form">
          <DeadlineFields />
          <CriteriaFields />
          <ChipsField
            label={t("work.route.avoid")}
            hint={t("work.route.avoid.hint")}
            options={options.avoidable}
            chosen={avoid}
            onChange={(chosen) => set({ avoid: chosen })}
            freeText
          />
          <ChipsField
            label={t("work.route.via")}
            options={options.places}
            chosen={via}
            onChange={(chosen) => set({ via: chosen })}
            freeText
          />
          <WorldFields />
        </div>
      </Disclosure>
      <div class="work-buttons">
        <Button look="primary" type="submit" icon="search" disabled={isPlanning.value}>
          {t("work.route.find")}
        </Button>
        {isPlanning.value && <Button onClick={giveUp}>{t("work.cancel")}</Button>}
      </div>
      <p class="ui-hint" aria-live="polite">
        {isPlanning.value && t("work.route.planning")}
      </p>
    </form>
  );
}

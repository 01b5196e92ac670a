/** How much may be spent, until when, for what, and in which scenarios. */

import { useEffect } from "preact/hooks";
import type { InvestObjective } from "../../contract";
import { allRows } from "../../data/queries";
import { t } from "../../i18n";
import { study } from "../../state";
import { type Option, Select, TextField, Toggle } from "../../ui";
import {
  faultText,
  MoreFields,
  NumberField,
  QuestionForm,
  WorldField,
  YearField,
} from "../questions/QuestionForm";
import { ChipsField } from "../scenario/ChipsField";
import { refreshScenarios, scenarios } from "../scenario/state";
import { DEAREST_CARBON_USD_T } from "../supply/form";
import {
  type InvestForm as Form,
  form,
  HIGHEST_RATE,
  LARGEST_BUDGET_MUSD,
  LONGEST_HORIZON,
  OBJECTIVES,
} from "./form";
import { ask, asking } from "./state";

function set(part: Partial<Form>) {
  form.value = { ...form.value, ...part };
  asking.fault.value = null;
}

function corridors(): Option[] {
  const rows = study.value ? allRows(study.value.table("corridor")) : [];
  return rows.map(({ corridor_id, name }) => ({
    value: String(corridor_id),
    label: String(name ?? corridor_id),
  }));
}

export function InvestForm() {
  const { budget, objective, corridor, rate, horizon, carbon, later, planner, others } = form.value;
  const fault = faultText(asking, "invest.fault.others");
  useEffect(() => {
    void refreshScenarios();
  }, []);
  return (
    <QuestionForm asking={asking} ask={ask} action={t("invest.ask")}>
      <div class="work-pair">
        <NumberField
          asking={asking}
          min={1}
          max={LARGEST_BUDGET_MUSD}
          label={t("invest.budget")}
          fault="invest.fault.budget"
          value={budget}
          onInput={(value) => set({ budget: value })}
        />
        <YearField form={form.value} set={set} asking={asking} />
      </div>
      <Select
        label={t("invest.objective")}
        value={objective}
        options={OBJECTIVES.map((value) => ({ value, label: t(`invest.objective.${value}`) }))}
        onChange={(value) => set({ objective: value as InvestObjective })}
      />
      <MoreFields
        asking={asking}
        title={t("invest.more")}
        faults={[
          "invest.fault.rate",
          "invest.fault.horizon",
          "supply.fault.carbon",
          "invest.fault.later",
          "invest.fault.planner",
          "invest.fault.others",
        ]}
      >
        <WorldField form={form.value} set={set} />
        <Select
          label={t("invest.corridor")}
          hint={t("invest.corridor.hint")}
          value={corridor}
          options={[{ value: "", label: t("invest.corridor.usual") }, ...corridors()]}
          onChange={(value) => set({ corridor: value })}
        />
        <div class="work-triple">
          <NumberField
            asking={asking}
            min={0}
            max={HIGHEST_RATE}
            label={t("invest.rate")}
            fault="invest.fault.rate"
            value={rate}
            onInput={(value) => set({ rate: value })}
          />
          <NumberField
            asking={asking}
            min={1}
            max={LONGEST_HORIZON}
            label={t("invest.horizon")}
            isWhole
            fault="invest.fault.horizon"
            value={horizon}
            onInput={(value) => set({ horizon: value })}
          />
          <NumberField
            asking={asking}
            min={0}
            max={DEAREST_CARBON_USD_T}
            label={t("invest.carbon")}
            fault="supply.fault.carbon"
            value={carbon}
            onInput={(value) => set({ carbon: value })}
          />
        </div>
        <TextField
          label={t("invest.later")}
          hint={t("invest.later.hint")}
          error={faultText(asking, "invest.fault.later")}
          value={later}
          onInput={(value) => set({ later: value })}
        />
        <Toggle
          label={t("invest.planner")}
          hint={faultText(asking, "invest.fault.planner") ?? t("invest.planner.hint")}
          checked={planner}
          onChange={(value) => set({ planner: value })}
        />
        <ChipsField
          label={t("invest.others")}
          hint={t("invest.others.hint")}
          options={scenarios.value.map(({ name, title }) => ({
            key: name,
            label: title || name,
          }))}
          chosen={others}
          onChange={(chosen) => set({ others: chosen })}
        />
        {fault && (
          <p class="ui-error" role="alert">
            {fault}
          </p>
        )}
      </MoreFields>
    </QuestionForm>
  );
}

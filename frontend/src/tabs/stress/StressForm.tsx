/** What is lost, for how long, and when. */

import type { StressElements } from "../../contract";
import { t } from "../../i18n";
import { Slider, TextField, Toggle } from "../../ui";
import {
  faultText,
  MoreFields,
  NumberField,
  QuestionForm,
  WorldField,
  YearField,
} from "../questions/QuestionForm";
import { ELEMENTS, type StressForm as Form, form, LONGEST_DAYS } from "./form";
import { ask, asking } from "./state";

function set(part: Partial<Form>) {
  form.value = { ...form.value, ...part };
  asking.fault.value = null;
}

function toggled(kind: StressElements, isOn: boolean): StressElements[] {
  return ELEMENTS.filter((one) => (one === kind ? isOn : form.value.elements.includes(one)));
}

export function StressForm() {
  const { elements, days, left, on, inPairs } = form.value;
  const fault = faultText(asking, "stress.fault.elements");
  return (
    <QuestionForm asking={asking} ask={ask} action={t("stress.ask")}>
      <fieldset class="work-group">
        <legend class="ui-label">{t("stress.elements")}</legend>
        <div class="work-pair">
          {ELEMENTS.map((kind) => (
            <Toggle
              key={kind}
              label={t(`stress.elements.${kind}`)}
              checked={elements.includes(kind)}
              onChange={(isOn) => set({ elements: toggled(kind, isOn) })}
            />
          ))}
        </div>
        {fault && (
          <p class="ui-error" role="alert">
            {fault}
          </p>
        )}
      </fieldset>
      <NumberField
        asking={asking}
        min={1}
        max={LONGEST_DAYS}
        label={t("stress.days")}
        fault="stress.fault.days"
        value={days}
        onInput={(value) => set({ days: value })}
      />
      <MoreFields asking={asking} title={t("stress.more")} faults={["question.fault.year"]}>
        <Slider
          label={t("stress.left")}
          hint={t("stress.left.hint")}
          value={left}
          min={0}
          max={90}
          step={5}
          format={(value) => t("stress.left.value", { percent: value })}
          onInput={(value) => set({ left: value })}
        />
        <Toggle
          label={t("stress.pairs.ask")}
          hint={t("stress.pairs.hint")}
          checked={inPairs}
          onChange={(isOn) => set({ inPairs: isOn })}
        />
        <WorldField form={form.value} set={set} />
        <div class="work-pair">
          <YearField form={form.value} set={set} asking={asking} />
          <TextField
            type="date"
            label={t("stress.on")}
            hint={t("stress.on.hint")}
            value={on}
            onInput={(value) => set({ on: value })}
          />
        </div>
      </MoreFields>
    </QuestionForm>
  );
}

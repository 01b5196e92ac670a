/** Running the draft: with or without simulation, compared with another run or not. */

import type { Signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { draft, runs } from "../../state";
import { Button, Section, Select, TextField, Toggle } from "../../ui";
import { runToFollow } from "../runs/jobs";
import { RunProgress } from "../runs/RunProgress";
import { runLabel } from "../runs/words";
import { Problems } from "./Problems";
import { partOf } from "./problems";
import {
  chosenBaseline,
  comparable,
  comparedWith,
  days,
  isSimulated,
  isStarting,
  limits,
  NEW,
  NONE,
  replications,
  runDraft,
  seed,
} from "./running";
import { problems } from "./state";

const MOST_COMPARED = 30;
const LARGEST_SEED = 999_999;

/** Return the number within its bounds; what is no number is the least. */
export function clamped(text: string, least: number, most: number): number {
  const value = Math.round(Number(text));
  return Number.isFinite(value) ? Math.min(Math.max(value, least), most) : least;
}

interface NumberFieldProps {
  label: string;
  least: number;
  most: number;
  value: Signal<number>;
}

/** A whole number; what is typed stays as it is, what counts is within the bounds. */
function NumberField({ label, least, most, value }: NumberFieldProps) {
  const [typed, setTyped] = useState(String(value.peek()));
  const isWithin = typed.trim() !== "" && Number(typed) === clamped(typed, least, most);
  return (
    <TextField
      type="number"
      label={label}
      min={least}
      max={most}
      error={isWithin ? null : t("work.fault.range", { least, most })}
      value={typed}
      onInput={(text) => {
        setTyped(text);
        value.value = clamped(text, least, most);
      }}
    />
  );
}

function SimulationFields() {
  const most = limits.value;
  return (
    <div class="work-triple">
      <NumberField
        label={t("work.replications")}
        least={1}
        most={most.replications}
        value={replications}
      />
      <NumberField label={t("work.days")} least={1} most={most.days} value={days} />
      <NumberField label={t("work.seed")} least={0} most={LARGEST_SEED} value={seed} />
    </div>
  );
}

function BaselineSelect() {
  const options = [
    { value: NONE, label: t("work.compare.none") },
    ...(draft.value.extends ? [{ value: NEW, label: t("work.compare.new") }] : []),
    ...comparable.value
      .slice(0, MOST_COMPARED)
      .map((info) => ({ value: info.run_id, label: runLabel(info) })),
  ];
  return (
    <Select
      label={t("work.compare")}
      value={comparedWith.value}
      options={options}
      onChange={(value) => {
        chosenBaseline.value = value;
      }}
    />
  );
}

export function RunSection() {
  return (
    <Section title={t("work.run")}>
      <Toggle
        label={t("work.simulate")}
        hint={t("work.simulate.hint")}
        checked={isSimulated.value}
        onChange={(isOn) => {
          isSimulated.value = isOn;
        }}
      />
      {isSimulated.value && <SimulationFields />}
      <BaselineSelect />
    </Section>
  );
}

/** What starts a run, in sight wherever the panel is scrolled to. */
export function RunBar() {
  const current = runToFollow(runs.value);
  return (
    <div class="work-run-bar">
      <Problems
        title={t("work.refused")}
        problems={problems.value.filter((problem) => partOf(problem) === "other")}
      />
      {problems.value.some((problem) => partOf(problem) !== "other") && (
        <p class="work-warning">{t("work.refused.above")}</p>
      )}
      {current && <RunProgress info={current} />}
      <Button look="primary" icon="play" disabled={isStarting.value} onClick={runDraft}>
        {t("work.run.start")}
      </Button>
    </div>
  );
}

/** What all forms of questions have: scenario, year, the buttons, and what the server does. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { run } from "../../state";
import { Button, Disclosure, Notice, Progress, Select, TextField } from "../../ui";
import { Refused } from "../route/Refused";
import { stageName } from "../runs/words";
import type { Asking } from "./asking";
import { FIRST_YEAR, LAST_YEAR, type WorldForm, worldOf } from "./world";

// biome-ignore lint/suspicious/noExplicitAny: what is asked and answered is all the same here.
type AnyAsking = Asking<any, any>;

interface PartProps {
  form: WorldForm;
  set: (part: Partial<WorldForm>) => void;
}

export function WorldField({ form, set }: PartProps) {
  const shown = run.value;
  const worlds = [
    { value: "draft", label: t("question.world.draft") },
    { value: "study", label: t("question.world.study") },
    ...(shown
      ? [
          {
            value: "run",
            label: t("question.world.run", {
              run: shown.page.scenario.title || shown.page.scenario.name,
            }),
          },
        ]
      : []),
  ];
  const context = { run: shown && { run_id: "", year: null, content: {} } };
  return (
    <Select
      label={t("question.world")}
      value={worldOf(form, context)}
      options={worlds}
      onChange={(value) => set({ world: value as WorldForm["world"] })}
    />
  );
}

/** Return a fault in words, where it is the one that there is. */
export function faultText(asking: AnyAsking, key: string): string | null {
  return asking.fault.value === key ? t(key) : null;
}

export interface NumberFieldProps {
  asking: AnyAsking;
  label: string;
  /** Key of the text that says what is wrong with it. */
  fault: string;
  min: number;
  max: number;
  /** Whether parts of a whole are taken. */
  isWhole?: boolean;
  placeholder?: string;
  value: string;
  onInput: (value: string) => void;
}

export function NumberField({ asking, fault, isWhole, ...rest }: NumberFieldProps) {
  return (
    <TextField
      type="number"
      step={isWhole ? 1 : "any"}
      error={faultText(asking, fault)}
      {...rest}
    />
  );
}

export function YearField({ form, set, asking }: PartProps & { asking: AnyAsking }) {
  return (
    <NumberField
      asking={asking}
      label={t("question.year")}
      fault="question.fault.year"
      min={FIRST_YEAR}
      max={LAST_YEAR}
      isWhole
      placeholder={t("question.year.hint")}
      value={form.year}
      onInput={(value) => set({ year: value })}
    />
  );
}

export interface MoreFieldsProps {
  asking: AnyAsking;
  title: string;
  /** Faults of the fields within, by the keys of their texts. */
  faults: readonly string[];
  children: ComponentChildren;
}

/** Fields that are folded away until they are asked for, or something is wrong with them. */
export function MoreFields({ asking, title, faults, children }: MoreFieldsProps) {
  const [isOpen, setOpen] = useState(false);
  const fault = asking.fault.value;
  const isWrong = fault !== null && faults.includes(fault);
  useEffect(() => {
    if (isWrong) setOpen(true);
  }, [isWrong]);
  return (
    <Disclosure title={title} open={isOpen} onToggle={setOpen}>
      <div class="work-form">{children}</div>
    </Disclosure>
  );
}

export interface QuestionFormProps {
  asking: AnyAsking;
  ask: () => Promise<void>;
  /** What the button says. */
  action: string;
  children: ComponentChildren;
}

export function QuestionForm({ asking, ask, action, children }: QuestionFormProps) {
  const isAsking = asking.isAsking.value;
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
      {children}
      <div class="work-buttons">
        <Button look="primary" type="submit" disabled={isAsking}>
          {action}
        </Button>
        {isAsking && <Button onClick={() => asking.giveUp()}>{t("work.cancel")}</Button>}
      </div>
    </form>
  );
}

export interface SaidProps {
  asking: AnyAsking;
  /** What is said while the first answer is waited for. */
  waiting: string;
  /** What is said while the rest is waited for. */
  rest?: string;
  /** What the answer comes to, in a sentence. */
  summary: string | null;
}

/** What the answer comes to, what the server does meanwhile, or why there is none. */
export function Said({ asking, waiting, rest, summary }: SaidProps) {
  const awaited = asking.awaited.value;
  const standing = asking.standing.value;
  const { refusal } = asking;
  return (
    <>
      <div aria-live="polite">
        <p>{awaited === 0 ? waiting : summary}</p>
        {awaited !== null && awaited > 0 && <p class="ui-hint">{rest}</p>}
      </div>
      {standing && (
        <div>
          <Progress label={stageName(standing.stage)} {...standing} />
          {standing.waiting > 1 && (
            <p class="ui-hint">{t("question.waiting", { count: standing.waiting })}</p>
          )}
        </div>
      )}
      {refusal.value && <Refused refusal={refusal.value} />}
    </>
  );
}

export interface NoticesProps {
  /** What the reader has to know; English. */
  notices: readonly string[];
  /** Key of a text that takes their `count`. */
  title: string;
}

export function Notices({ notices, title }: NoticesProps) {
  if (notices.length === 0) return null;
  return (
    <Notice tone="warn">
      <Disclosure title={t(title, { count: notices.length })}>
        <ul class="work-bullets" lang="en">
          {notices.map((notice) => (
            <li key={notice}>{notice}</li>
          ))}
        </ul>
      </Disclosure>
    </Notice>
  );
}

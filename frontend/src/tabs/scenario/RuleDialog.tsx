/** One policy: what is closed, to which goods, and from when to when. */

import { useState } from "preact/hooks";
import type { RuleContent } from "../../contract";
import { t } from "../../i18n";
import { study } from "../../state";
import { Button, Dialog, TextArea, TextField, Toggle } from "../../ui";
import { ChipsField } from "./ChipsField";
import { tidy } from "./edit";
import { commodityOptions, countryOptions, placeOptions } from "./proposals";

const APPLIES = ["transit", "origin", "destination"] as const;
const HS_CODE = /^\d{2}(\d{2})?$/;

/** Return the HS chapters and headings of a text, or null if one of its words is none. */
export function hsCodes(text: string): string[] | null {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  return words.every((word) => HS_CODE.test(word)) ? words : null;
}

/** Return why a policy cannot be, as the key of a text, or null. */
export function faultOf(rule: RuleContent): string | null {
  if (!rule.countries?.length && !rule.places?.length) return "work.rule.fault.where";
  if (rule.applies_to?.length === 0) return "work.rule.fault.applies";
  return rule.from && rule.until && rule.from > rule.until ? "work.fault.dates" : null;
}

export interface RuleDialogProps {
  rule: RuleContent;
  onSave: (rule: RuleContent) => void;
  onClose: () => void;
}

export function RuleDialog({ rule, onSave, onClose }: RuleDialogProps) {
  const [edited, setEdited] = useState<RuleContent>({ applies_to: ["transit"], ...rule });
  const [hs, setHs] = useState((rule.hs ?? []).join(", "));
  const world = study.value;
  if (!world) return null;
  const set = (part: Partial<RuleContent>) => setEdited({ ...edited, ...part });
  const codes = hsCodes(hs);
  const fault = faultOf(edited);
  const applies = edited.applies_to ?? [];

  function save() {
    if (fault || !codes) return;
    onSave(tidy({ ...edited, hs: codes }));
  }

  return (
    <Dialog
      title={t("work.rule")}
      open
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("work.cancel")}</Button>
          <Button look="primary" disabled={fault !== null || !codes} onClick={save}>
            {t("work.apply")}
          </Button>
        </>
      }
    >
      <ChipsField
        label={t("work.rule.countries")}
        options={countryOptions(world)}
        chosen={edited.countries ?? []}
        onChange={(countries) => set({ countries })}
      />
      <ChipsField
        label={t("work.rule.places")}
        options={placeOptions(world)}
        chosen={edited.places ?? []}
        onChange={(places) => set({ places })}
      />
      <fieldset class="work-group">
        <legend class="ui-label">{t("work.rule.applies")}</legend>
        {APPLIES.map((one) => (
          <Toggle
            key={one}
            label={t(`work.rule.applies.${one}`)}
            checked={applies.includes(one)}
            onChange={(isOn) =>
              set({ applies_to: APPLIES.filter((a) => (a === one ? isOn : applies.includes(a))) })
            }
          />
        ))}
      </fieldset>
      <ChipsField
        label={t("work.rule.commodities")}
        hint={t("work.rule.commodities.hint")}
        options={commodityOptions(world)}
        chosen={edited.commodities ?? []}
        onChange={(commodities) => set({ commodities })}
      />
      <TextField
        label={t("work.rule.hs")}
        hint={t("work.rule.hs.hint")}
        error={codes ? null : t("work.rule.fault.hs")}
        value={hs}
        onInput={setHs}
      />
      <div class="work-pair">
        <TextField
          type="date"
          label={t("work.from")}
          value={edited.from ?? ""}
          onInput={(from) => set({ from })}
        />
        <TextField
          type="date"
          label={t("work.until")}
          value={edited.until ?? ""}
          onInput={(until) => set({ until })}
        />
      </div>
      <TextField
        label={t("work.rule.name")}
        value={edited.name ?? ""}
        onInput={(name) => set({ name })}
      />
      <TextArea
        label={t("work.rule.reason")}
        value={edited.reason ?? ""}
        onInput={(reason) => set({ reason })}
      />
      {fault && <p class="ui-hint">{t(fault)}</p>}
    </Dialog>
  );
}

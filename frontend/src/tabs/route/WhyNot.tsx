/** Why the ways do not pass somewhere: what blocks it, what would open it, how it would be. */

import { useState } from "preact/hooks";
import type { RouteAnswer } from "../../contract";
import { wayName } from "../../data/names";
import { formatNumber, t } from "../../i18n";
import { answer, itinerary, mode, study } from "../../state";
import { Button, Combobox, Notice, Section, type Tone } from "../../ui";
import { corridorOptions, countryOptions, matching, placeOptions } from "../scenario/proposals";
import { rankOfBest, withBest } from "./form";
import { isPlanning, plan } from "./planning";
import { Blocks } from "./Refused";

const TONES: Record<string, Tone> = {
  offered: "good",
  dominated: "info",
  blocked: "warn",
  unreachable: "warn",
};

function Verdict({ shown }: { shown: RouteAnswer }) {
  const verdict = shown.why_not;
  if (!verdict) return null;
  const { best } = verdict;

  function showBest() {
    itinerary.value = rankOfBest(shown);
    answer.value = withBest(shown);
  }

  return (
    <Notice
      tone={TONES[verdict.verdict]}
      title={t(`work.why.${verdict.verdict}`, { name: verdict.name })}
      action={
        best &&
        verdict.verdict !== "offered" && (
          <Button icon="locate" onClick={showBest}>
            {t("work.why.show")}
          </Button>
        )
      }
    >
      {verdict.blocked_by.length === 0 && <p lang="en">{verdict.text}</p>}
      <Blocks blockedBy={verdict.blocked_by} relax={verdict.relax} />
      {best && (
        <p>
          {t("work.why.best", {
            way: wayName(best, study.value),
            days: formatNumber(best.days_mean, 1),
            cost: formatNumber(best.cost_usd_t),
            co2: formatNumber(best.co2_kg_t),
          })}
        </p>
      )}
    </Notice>
  );
}

function Question() {
  const [typed, setTyped] = useState("");
  const [key, setKey] = useState<string | null>(null);
  const world = study.value;
  if (!world) return null;
  const options = [...corridorOptions(world), ...countryOptions(world), ...placeOptions(world)];
  const asked = key ?? typed.trim();
  return (
    <form
      class="work-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (asked) void plan(asked);
      }}
    >
      <Combobox
        label={t("work.why.what")}
        hint={t("work.why.hint")}
        value={typed}
        onInput={(text) => {
          setTyped(text);
          setKey(null);
        }}
        proposals={matching(options, typed)}
        onChoose={(proposal) => {
          setTyped(proposal.label);
          setKey(proposal.key);
        }}
      />
      <div class="work-buttons">
        <Button type="submit" disabled={!asked || isPlanning.value}>
          {t("work.why.ask")}
        </Button>
      </div>
    </form>
  );
}

export function WhyNot({ shown }: { shown: RouteAnswer }) {
  if (mode.value === "report" && !shown.why_not) return null;
  return (
    <Section title={t("work.why")}>
      {mode.value === "server" && <Question />}
      <Verdict shown={shown} />
    </Section>
  );
}

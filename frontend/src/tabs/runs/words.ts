/** Runs in words. */

import type { RunInfo } from "../../contract";
import { formatDate, t } from "../../i18n";
import type { Tone } from "../../ui";

/** Return what a run is called in a list. */
export function runLabel(info: RunInfo): string {
  const name = info.title || info.scenario;
  const parts = [name, info.year && String(info.year), formatDate(info.created, true)];
  return parts.filter(Boolean).join(", ");
}

const TONES: Partial<Record<RunInfo["state"], Tone>> = {
  running: "info",
  done: "good",
  failed: "bad",
  interrupted: "warn",
};

export function toneOf(info: RunInfo): Tone | undefined {
  return TONES[info.state];
}

const ROUND = /^round (\d+), (.+)$/;
/** Stages whose names say more than one word; the first stands for them. */
const LONG_STAGES = ["compiling", "writing"];

/** Return what the engines call a stage in the reader's language; an unknown one as it is. */
export function stageName(stage: string): string {
  const [, round, within] = ROUND.exec(stage) ?? [];
  if (round && within) return t("work.stage.round", { round, stage: stageName(within) });
  const word = LONG_STAGES.find((one) => stage.startsWith(one)) ?? stage;
  const key = `work.stage.${word}`;
  const name = t(key);
  return name === key ? stage : name;
}

/** Return what a run is doing, or where it stands in the queue. */
export function stageText(info: RunInfo): string {
  if (info.state === "queued") {
    const before = info.position ?? 0;
    return before === 0 ? t("work.queued.next") : t("work.queued", { before });
  }
  return info.stage ? stageName(info.stage) : t(`work.state.${info.state}`);
}

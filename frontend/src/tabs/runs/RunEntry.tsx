/** A run that has come to an end: opened, compared, shared, or taken up again. */

import { useState } from "preact/hooks";
import type { RunInfo } from "../../contract";
import { reportAddress, tableAddress } from "../../data/api";
import { compareWith, openRun } from "../../data/load";
import { formatDate, t } from "../../i18n";
import { baseline, draft, run, tab } from "../../state";
import { Badge, Button, Dialog, Disclosure, Icon, IconButton, TextField } from "../../ui";
import { remove, resume } from "./jobs";
import { runLabel, toneOf } from "./words";

/** Return the address that shows a run. */
export function shareAddress(id: string, here: { origin: string; pathname: string }): string {
  return `${here.origin}${here.pathname}#run=${encodeURIComponent(id)}`;
}

function ShareButton({ info }: { info: RunInfo }) {
  const [shown, setShown] = useState<"copied" | "by hand" | null>(null);
  const address = shareAddress(info.run_id, location);

  async function copy() {
    try {
      await navigator.clipboard.writeText(address);
      setShown("copied");
    } catch {
      setShown("by hand");
    }
  }

  return (
    <>
      <IconButton icon="share" label={t("work.share")} onClick={copy} />
      <span aria-live="polite">{shown === "copied" && t("work.share.copied")}</span>
      {shown === "by hand" && (
        <TextField label={t("work.share.address")} value={address} onInput={() => undefined} />
      )}
    </>
  );
}

function DeleteButton({ info }: { info: RunInfo }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <IconButton icon="trash" label={t("work.delete")} onClick={() => setAsking(true)} />
      {isAsking && (
        <Dialog
          title={t("work.delete.title")}
          open
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{t("work.keep")}</Button>
              <Button
                look="danger"
                onClick={() => {
                  setAsking(false);
                  void remove(info.run_id);
                }}
              >
                {t("work.delete")}
              </Button>
            </>
          }
        >
          <p>{t("work.delete.text", { run: runLabel(info) })}</p>
        </Dialog>
      )}
    </>
  );
}

function CompareButton({ info }: { info: RunInfo }) {
  const isBaseline = baseline.value?.page.run_id === info.run_id;
  if (!run.value || run.value.page.run_id === info.run_id) return null;
  if (run.value.page.study !== info.study) return null;
  return (
    <Button pressed={isBaseline} onClick={() => compareWith(isBaseline ? null : info.run_id)}>
      {t(isBaseline ? "work.compare.stop" : "work.compare.with")}
    </Button>
  );
}

/** Links to the tables of the run on the map. */
function Tables({ info }: { info: RunInfo }) {
  const shown = run.value;
  if (shown?.page.run_id !== info.run_id) return null;
  return (
    <Disclosure title={t("work.tables")}>
      <ul class="work-tables">
        {Object.keys(shown.page.tables)
          .sort()
          .map((table) => (
            <li key={table}>
              <a href={tableAddress(info.run_id, table)} download={`${info.run_id}-${table}.csv`}>
                {table}.csv
              </a>
            </li>
          ))}
      </ul>
    </Disclosure>
  );
}

function editScenario() {
  const content = run.value?.page.scenario.content;
  if (!content) return;
  draft.value = content;
  tab.value = "scenario";
}

function DoneActions({ info }: { info: RunInfo }) {
  const isOpen = run.value?.page.run_id === info.run_id;
  return (
    <>
      {!isOpen && (
        <Button look="primary" onClick={() => openRun(info.run_id)}>
          {t("work.open")}
        </Button>
      )}
      <CompareButton info={info} />
      {isOpen && <IconButton icon="edit" label={t("work.edit-scenario")} onClick={editScenario} />}
      <a
        class="ui-button ui-button-quiet ui-button-icon"
        href={reportAddress(info.run_id)}
        download={`${info.run_id}.html`}
        aria-label={t("work.report")}
        title={t("work.report")}
      >
        <Icon name="download" />
      </a>
      <ShareButton info={info} />
    </>
  );
}

function Facts({ info }: { info: RunInfo }) {
  const facts = [
    info.study,
    info.year && String(info.year),
    info.simulated && t("work.simulated"),
    info.converged === false && t("work.not-converged"),
    formatDate(info.finished ?? info.created, true),
  ];
  return <p class="ui-hint">{facts.filter(Boolean).join(", ")}</p>;
}

export function RunEntry({ info }: { info: RunInfo }) {
  const isOpen = run.value?.page.run_id === info.run_id;
  const isBaseline = baseline.value?.page.run_id === info.run_id;
  return (
    <li class="work-run" data-open={isOpen || undefined}>
      <div class="work-run-head">
        <h4>{info.title || info.scenario}</h4>
        <span>
          {isOpen && <Badge>{t("work.on-map")}</Badge>}{" "}
          {isBaseline && <Badge>{t("work.baseline")}</Badge>}{" "}
          <Badge tone={toneOf(info)}>{t(`work.state.${info.state}`)}</Badge>
        </span>
      </div>
      <Facts info={info} />
      {info.message && <p class="work-run-message">{info.message}</p>}
      <div class="work-buttons">
        {info.state === "done" && <DoneActions info={info} />}
        {info.state === "interrupted" && (
          <Button look="primary" icon="play" onClick={() => resume(info.run_id)}>
            {t("work.resume")}
          </Button>
        )}
        <DeleteButton info={info} />
      </div>
      <Tables info={info} />
    </li>
  );
}

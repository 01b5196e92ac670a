/** The scenario as a TOML file: saved, and loaded from a file or from text. */

import { useState } from "preact/hooks";
import type { Problem } from "../../contract";
import { parseScenario, problemsOf, scenarioToml } from "../../data/api";
import { t } from "../../i18n";
import { draft } from "../../state";
import { Button, Dialog, Field, Section, TextArea } from "../../ui";
import { scenarioName } from "./edit";
import { Problems } from "./Problems";
import { contentToSend } from "./running";
import { edit } from "./state";

/** Hand a text over as a file, as a download. */
function download(text: string, name: string) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/toml" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

function LoadDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [faults, setFaults] = useState<Problem[]>([]);

  async function load(toml: string) {
    try {
      const { content } = await parseScenario(toml);
      edit(() => content);
      onClose();
    } catch (error) {
      setFaults(problemsOf(error));
    }
  }

  async function readFile(file: File | undefined) {
    if (!file) return;
    const read = await file.text();
    setText(read);
    await load(read);
  }

  return (
    <Dialog
      title={t("work.load")}
      open
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("work.cancel")}</Button>
          <Button look="primary" disabled={!text.trim()} onClick={() => load(text)}>
            {t("work.load.apply")}
          </Button>
        </>
      }
    >
      <Field label={t("work.load.file")}>
        {(control) => (
          <input
            {...control}
            class="work-file"
            type="file"
            accept=".toml,application/toml"
            onChange={(event) => readFile(event.currentTarget.files?.[0])}
          />
        )}
      </Field>
      <TextArea
        label={t("work.load.text")}
        class="ui-input work-toml"
        rows={10}
        spellcheck={false}
        value={text}
        onInput={setText}
      />
      <Problems problems={faults} title={t("work.refused")} />
    </Dialog>
  );
}

export function FileSection() {
  const [isLoading, setLoading] = useState(false);
  const [faults, setFaults] = useState<Problem[]>([]);

  async function save() {
    try {
      setFaults([]);
      const toml = await scenarioToml(contentToSend(draft.value));
      download(toml, `${scenarioName(draft.value)}.toml`);
    } catch (error) {
      setFaults(problemsOf(error));
    }
  }

  return (
    <Section title={t("work.file")}>
      <div class="work-buttons">
        <Button icon="download" onClick={save}>
          {t("work.save")}
        </Button>
        <Button icon="upload" onClick={() => setLoading(true)}>
          {t("work.load.open")}
        </Button>
      </div>
      <Problems problems={faults} title={t("work.refused")} />
      {isLoading && <LoadDialog onClose={() => setLoading(false)} />}
    </Section>
  );
}

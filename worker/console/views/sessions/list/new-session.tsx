import type { Signal } from "@preact/signals";
import type { OutputOf } from "meerkat-edge";
import { useEffect, useState } from "preact/hooks";
import { useAccess } from "../../../app/access.ts";
import { tellFailure } from "../../../app/notices.ts";
import { goTo } from "../../../app/router.ts";
import { Form, textOf } from "../../../parts/form.tsx";
import { Modal } from "../../../parts/modal.tsx";
import { refusesTurn } from "../live/refusal.ts";
import { TITLE_LABEL, titleFrom } from "../title.ts";
import { readSearch } from "./sessions-read.ts";

type Catalog = OutputOf<"models/catalog">["providers"];

/** Starts a session: a prompt is enough, the rest may be left as it is. */
export function NewSession({ isOpen }: { isOpen: Signal<boolean> }) {
  const { client } = useAccess();
  const catalog = useCatalog(isOpen.value);
  const create = async (fields: FormData) => {
    const prompt = textOf(fields, "prompt") ?? "";
    const title = textOf(fields, "title") ?? titleFrom(prompt);
    const session = await client.createDeferredSession(undefined, {
      model: textOf(fields, "model"),
      systemPrompt: textOf(fields, "system"),
      enableBuiltins: fields.has("tools"),
      labels: { ...readSearch(textOf(fields, "labels") ?? "").labels, [TITLE_LABEL]: title },
    });
    goTo(`sessions/${session.id}`);
    // Deferred first, so that the page watches from the first event on.
    session.startTurn(prompt).catch((error: unknown) => refusesTurn(error) && tellFailure(error));
  };
  return (
    <Modal title="New session" isOpen={isOpen}>
      <Form onSubmit={create}>
        <label>
          Prompt
          <textarea name="prompt" rows={5} required dir="auto" />
        </label>
        <label>
          Model
          <select name="model">
            <option value="">The realm’s default</option>
            {catalog.map(({ provider, models }) => (
              <optgroup key={provider} label={provider}>
                {models.map(({ id, display_name }) => (
                  <option key={id} value={id}>
                    {display_name}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <details>
          <summary>System prompt, title, labels, tools</summary>
          <div class="fields">
            <label>
              System prompt
              <textarea name="system" rows={3} dir="auto" />
            </label>
            <label>
              Title
              <input name="title" maxlength={200} placeholder="The prompt’s first line" />
            </label>
            <label>
              Labels
              <input name="labels" placeholder="team=infra priority=high" />
            </label>
            <label class="check">
              <input type="checkbox" name="tools" /> Built-in tools
            </label>
          </div>
        </details>
        <footer>
          <button type="button" onClick={() => (isOpen.value = false)}>
            Cancel
          </button>
          <button class="primary">Start</button>
        </footer>
      </Form>
    </Modal>
  );
}

/** The models to choose from, read when the dialog opens for the first time. */
function useCatalog(isWanted: boolean): Catalog {
  const { client } = useAccess();
  const [catalog, setCatalog] = useState<Catalog>([]);
  useEffect(() => {
    if (!isWanted || catalog.length > 0) return;
    client.call("models/catalog", {}).then(({ providers }) => setCatalog(providers), tellFailure);
  }, [isWanted]);
  return catalog;
}

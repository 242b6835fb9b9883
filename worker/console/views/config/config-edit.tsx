import { useEffect, useId, useRef } from "preact/hooks";
import { may, useAccess } from "../../app/access.ts";
import { useLoading } from "../../app/loading.ts";
import { tell, tellFailure } from "../../app/notices.ts";
import { Stale } from "../../parts/stale.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { ConflictPanel } from "./conflict-panel.tsx";
import { DiffView } from "./diff-view.tsx";
import type { Draft } from "./draft.ts";
import { JsonEditor } from "./json-editor.tsx";
import { Problems } from "./problems.tsx";

/** The document, to be read and, with the right, changed. */
export function ConfigEdit({ draft }: { draft: Draft }) {
  const { client } = useAccess();
  const field = useRef<HTMLTextAreaElement>(null);
  const problemId = useId();
  const loading = useLoading(async () => {
    await draft.read(client);
    return true;
  }, [client, draft]);
  const base = draft.base.value;
  if (!base) return <Waiting what="the config" of={loading} />;
  const conflict = draft.conflict.value;
  return (
    <div class="config">
      <Stale of={loading} />
      <p class="soft">
        Generation <b class="number">{base.generation}</b>
        {base.generation === 0 && ": never written, so everything is at its default"}
        {!may.value.administer && ". Your token may read it; changing it takes the scope admin."}
      </p>
      {conflict && (
        <ConflictPanel draft={draft} conflict={conflict} onChosen={() => field.current?.focus()} />
      )}
      <SetAside draft={draft} />
      <JsonEditor
        label="The config as JSON"
        text={draft.text.value}
        onText={(text) => (draft.text.value = text)}
        isReadOnly={!may.value.administer}
        badLine={draft.reading.value.problem?.line}
        problemId={problemId}
        field={field}
      />
      <Problems id={problemId} draft={draft} field={field} />
      {may.value.administer && <SaveBar draft={draft} />}
    </div>
  );
}

/** What would be written, and the way to write it. */
function SaveBar({ draft }: { draft: Draft }) {
  const { client } = useAccess();
  const base = draft.base.value;
  const { document } = draft.reading.value;
  const save = async () => {
    try {
      const outcome = await draft.save(client);
      if (outcome === "saved") tell(`Saved as generation ${draft.base.value?.generation}`);
    } catch (error) {
      tellFailure(error);
    }
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      void save();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [draft, client]);
  return (
    <>
      {base && document && draft.isToSave.value && (
        <details class="review">
          <summary>What saving changes</summary>
          <DiffView label="What saving changes" from={base.config} to={document} />
        </details>
      )}
      <div class="save-bar">
        <p class="grow soft">{wordOf(draft)}</p>
        <button disabled={!draft.isTyped.value} onClick={() => draft.discard()}>
          Discard
        </button>
        <button
          class="primary"
          aria-keyshortcuts="Control+S Meta+S"
          disabled={!draft.isToSave.value || draft.isSaving.value}
          onClick={() => void save()}
        >
          {draft.isSaving.value ? "Saving…" : "Save"}
        </button>
      </div>
    </>
  );
}

function wordOf({ isTyped, isToSave, reading }: Draft): string {
  if (!isTyped.value) return "Everything is saved";
  if (reading.value.problem) return "Not saved: this is not JSON yet";
  return isToSave.value ? "Not saved yet" : "Only its looks were changed";
}

/** The way back to a draft that was left for somebody else's version. */
function SetAside({ draft }: { draft: Draft }) {
  if (!draft.setAside.value) return null;
  return (
    <p class="banner">
      <span class="grow">The version that you were typing is set aside.</span>
      <button onClick={() => draft.bringBack()}>Bring it back</button>
      <button class="quiet" onClick={() => (draft.setAside.value = undefined)}>
        Forget it
      </button>
    </p>
  );
}

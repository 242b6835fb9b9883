import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import type { ConfigEnvelope } from "meerkat-edge";
import { useAccess } from "../../app/access.ts";
import { useLoading } from "../../app/loading.ts";
import { tell, tellFailure } from "../../app/notices.ts";
import { Modal } from "../../parts/modal.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { DiffView } from "./diff-view.tsx";
import type { Draft } from "./draft.ts";
import { documentOf } from "./generation-documents.ts";
import { isConflict } from "./refusals.ts";

interface RestoreProps {
  generation: number;
  draft: Draft;
  onRestored: () => void;
}

interface RestoreDialogProps extends RestoreProps {
  isOpen: Signal<boolean>;
}

/** Shows what bringing a generation back would change, and does it. */
export function RestoreDialog({ isOpen, onRestored, ...props }: RestoreDialogProps) {
  const close = () => {
    isOpen.value = false;
    onRestored();
  };
  return (
    <Modal title={`Restore generation ${props.generation}`} isOpen={isOpen}>
      <Restore {...props} onRestored={close} />
    </Modal>
  );
}

function Restore({ generation, draft, onRestored }: RestoreProps) {
  const { client } = useAccess();
  const isBusy = useSignal(false);
  const loading = useLoading(
    async (signal) => {
      const [present, document] = await Promise.all([
        client.getConfig(),
        documentOf(client, generation, signal),
      ]);
      return { present, document };
    },
    [client, generation],
  );
  if (!loading.value) return <Waiting what="both versions" of={loading} />;
  const { present, document } = loading.value;
  const restore = async () => {
    isBusy.value = true;
    try {
      const expectedGeneration = present.generation;
      tellRestored(generation, await client.restoreConfig(generation, { expectedGeneration }));
      await draft.read(client);
      onRestored();
    } catch (error) {
      if (isConflict(error)) {
        tell("Somebody else changed the config just now. Look at the difference again.", "bad");
        loading.reload();
      } else tellFailure(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <>
      <p class="soft">
        This writes it again, as a new generation. Secrets stay the present ones. Against generation{" "}
        {present.generation}, which is in force:
      </p>
      <DiffView label="What restoring changes" from={present.config} to={document} />
      <footer>
        <button class="primary" disabled={isBusy.value} onClick={() => void restore()}>
          Restore
        </button>
      </footer>
    </>
  );
}

function tellRestored(from: number, { generation, lostSecrets = [] }: ConfigEnvelope): void {
  tell(`Generation ${from} is in force again, as ${generation}`);
  if (lostSecrets.length === 0) return;
  const gone = lostSecrets.join(", ");
  tell(`Secrets that are gone and must be set again: ${gone}`, "bad");
}

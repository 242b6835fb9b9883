import type { Signal } from "@preact/signals";
import { useAccess } from "../../../app/access.ts";
import { tell } from "../../../app/notices.ts";
import { goTo } from "../../../app/router.ts";
import { Form } from "../../../parts/form.tsx";
import { Modal } from "../../../parts/modal.tsx";
import type { LiveSession } from "./live-session.ts";

interface ArchiveDialogProps {
  session: LiveSession;
  isOpen: Signal<boolean>;
}

/** Asks before a session ends for good. */
export function ArchiveDialog({ session, isOpen }: ArchiveDialogProps) {
  const { client } = useAccess();
  const archive = async () => {
    await client.session(session.id).archive();
    goTo("sessions");
    tell("Archived");
  };
  return (
    <Modal title="Archive this session?" isOpen={isOpen}>
      <Form onSubmit={archive}>
        <p>
          A turn that runs is cancelled, and the session leaves the list. Its transcript stays
          readable at this address. This cannot be undone.
        </p>
        <footer>
          <button type="button" onClick={() => (isOpen.value = false)}>
            Keep it
          </button>
          <button class="danger">Archive</button>
        </footer>
      </Form>
    </Modal>
  );
}

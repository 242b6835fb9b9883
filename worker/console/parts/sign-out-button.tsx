import { useSignal } from "@preact/signals";
import { signOut } from "../app/access.ts";
import { unsaved } from "../app/unsaved.ts";
import { Modal } from "./modal.tsx";

/** Signs out; where something is unsaved, after asking. */
export function SignOutButton() {
  const isAsking = useSignal(false);
  const leave = () => {
    for (const { discard } of unsaved.value) discard();
    signOut();
  };
  return (
    <>
      <button
        class="quiet"
        onClick={() => (unsaved.value.length > 0 ? (isAsking.value = true) : leave())}
      >
        Sign out
      </button>
      <Modal title="Sign out without saving?" isOpen={isAsking}>
        <p>You have unsaved {unsaved.value.map(({ name }) => name).join(", ")}.</p>
        <footer>
          <button onClick={() => (isAsking.value = false)}>Stay</button>
          <button class="danger" onClick={leave}>
            Discard and sign out
          </button>
        </footer>
      </Modal>
    </>
  );
}

import { type Signal, useSignal } from "@preact/signals";
import type { TokenInfo } from "meerkat-edge";
import { useAccess } from "../../app/access.ts";
import { tell, tellFailure } from "../../app/notices.ts";
import { Modal } from "../../parts/modal.tsx";
import { nameOf } from "./token-table.tsx";

interface RevokeDialogProps {
  token: TokenInfo | undefined;
  isOpen: Signal<boolean>;
  onRevoked: () => void;
}

/** Asks, then ends a token. */
export function RevokeDialog({ token, isOpen, onRevoked }: RevokeDialogProps) {
  const { client, self } = useAccess();
  const isBusy = useSignal(false);
  if (!token) return null;
  const revoke = async () => {
    isBusy.value = true;
    try {
      const wasThere = await client.tokens.revoke(token.tokenId);
      tell(wasThere ? `${nameOf(token)} is revoked` : `${nameOf(token)} was gone already`);
      isOpen.value = false;
      onRevoked();
    } catch (error) {
      tellFailure(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <Modal title={`Revoke ${nameOf(token)}?`} isOpen={isOpen}>
      <p>
        Whoever uses it is shut out within 30 seconds, and what they watch ends within a minute.
        This cannot be undone. Turns that are running go on.
      </p>
      {self.actor === token.tokenId && (
        <p class="problem">
          This is the token that you are signed in with: you will be signed out.
        </p>
      )}
      <footer>
        <button onClick={() => (isOpen.value = false)}>Keep it</button>
        <button class="danger" disabled={isBusy.value} onClick={() => void revoke()}>
          Revoke
        </button>
      </footer>
    </Modal>
  );
}

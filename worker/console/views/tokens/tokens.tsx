import { useSignal } from "@preact/signals";
import type { TokenInfo } from "meerkat-edge";
import { may, useAccess } from "../../app/access.ts";
import { useLoading } from "../../app/loading.ts";
import { AdminsOnly } from "../../parts/admins-only.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { Stale } from "../../parts/stale.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { NewTokenDialog } from "./new-token-dialog.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import { TokenTable } from "./token-table.tsx";

/** Who may do what in the realm: its access tokens and shares. */
export default function Tokens() {
  return may.value.administer ? <TokenList /> : <AdminsOnly page="Tokens" />;
}

function TokenList() {
  const { client } = useAccess();
  const loading = useLoading((signal) => client.tokens.list({ signal }), [client]);
  const isCreating = useSignal(false);
  const isRevoking = useSignal(false);
  const chosen = useSignal<TokenInfo | undefined>(undefined);
  const { value: tokens } = loading;
  return (
    <>
      <div class="page-head">
        <h1>Tokens</h1>
        <span class="grow" />
        <button class="primary" onClick={() => (isCreating.value = true)}>
          New token
        </button>
      </div>
      <Stale of={loading} />
      {!tokens ? (
        <Waiting what="the tokens" of={loading} />
      ) : tokens.length === 0 ? (
        <EmptyState title="No tokens yet">
          <p>
            A token lets a program or a person into this realm, and no further than you say. Links
            that share a session are listed here, too.
          </p>
        </EmptyState>
      ) : (
        <TokenTable
          tokens={tokens}
          onRevoke={(token) => {
            chosen.value = token;
            isRevoking.value = true;
          }}
        />
      )}
      <NewTokenDialog isOpen={isCreating} onCreated={loading.reload} />
      <RevokeDialog token={chosen.value} isOpen={isRevoking} onRevoked={loading.reload} />
    </>
  );
}

import type { TokenSelf } from "meerkat-edge";
import { Draft } from "./draft.ts";

let present: { realmId: string; draft: Draft } | undefined;

/**
 * The draft of a realm's config: the same when one comes back to the page, or had to sign in again, which
 * may be with another token. Signing out discards it.
 */
export function draftOf({ realmId }: TokenSelf): Draft {
  if (present?.realmId !== realmId) {
    present?.draft.discard();
    present = { realmId, draft: new Draft() };
  }
  return present.draft;
}

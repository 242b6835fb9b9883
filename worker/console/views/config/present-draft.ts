import type { TokenSelf } from "meerkat-edge";
import { Draft } from "./draft.ts";

let present: { holder: string; draft: Draft } | undefined;

/** The draft of whoever is signed in: the same when they come back to the page, or had to sign in again. */
export function draftOf({ realmId, actor }: TokenSelf): Draft {
  const holder = `${realmId} ${actor}`;
  if (present?.holder !== holder) {
    present?.draft.discard();
    present = { holder, draft: new Draft() };
  }
  return present.draft;
}

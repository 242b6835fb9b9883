import { type Signal, useSignal } from "@preact/signals";
import type { NewShare } from "meerkat-edge";
import { useAccess } from "../../../app/access.ts";
import { tell, tellFailure } from "../../../app/notices.ts";
import { CopyButton } from "../../../parts/copy-button.tsx";
import { moment } from "../../../parts/figures.ts";
import { Form } from "../../../parts/form.tsx";
import { Modal } from "../../../parts/modal.tsx";
import type { LiveSession } from "./live-session.ts";

interface ShareDialogProps {
  session: LiveSession;
  isOpen: Signal<boolean>;
}

const DAY_S = 86_400;

/** Makes a link with which anybody may watch this session, and nothing else. */
export function ShareDialog({ session, isOpen }: ShareDialogProps) {
  const { client } = useAccess();
  const share = useSignal<NewShare | undefined>(undefined);
  const create = async (fields: FormData) => {
    share.value = await client.tokens.share(session.id, {
      expiresIn: Number(fields.get("days")) * DAY_S,
      redactTools: fields.has("redact"),
      ...(fields.has("fromNow") ? { after: session.info.value?.lastSeq ?? 0 } : {}),
    });
  };
  const revoke = async ({ shareId }: NewShare) => {
    await client.tokens.revoke(shareId);
    share.value = undefined;
    tell("The link is revoked; everywhere it ends within 30 seconds");
  };
  return (
    <Modal title="Share this session" isOpen={isOpen}>
      {share.value ? (
        <Made share={share.value} revoke={(made) => void revoke(made).catch(tellFailure)} />
      ) : (
        <Form onSubmit={create}>
          <p class="soft">Whoever has the link may watch this session, and nothing else.</p>
          <label>
            The link ends after
            <select name="days">
              <option value="1">1 day</option>
              <option value="7" selected>
                7 days
              </option>
              <option value="30">30 days</option>
              <option value="365">1 year</option>
            </select>
          </label>
          <label class="check">
            <input type="checkbox" name="redact" /> Leave out what tools were given and answered
          </label>
          <label class="check">
            <input type="checkbox" name="fromNow" /> Show only what comes from now on
          </label>
          <footer>
            <button class="primary">Create link</button>
          </footer>
        </Form>
      )}
    </Modal>
  );
}

function Made({ share, revoke }: { share: NewShare; revoke: (share: NewShare) => void }) {
  return (
    <>
      <label>
        Link
        <input readOnly value={share.url} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <p class="soft">
        It is shown this once
        {share.expiresAt !== undefined && ` and ends ${moment(share.expiresAt * 1_000)}`}. You can
        revoke it here, or later among the tokens.
      </p>
      <footer>
        <button class="danger" onClick={() => revoke(share)}>
          Revoke
        </button>
        <CopyButton text={() => share.url} name="Link">
          Copy link
        </CopyButton>
      </footer>
    </>
  );
}

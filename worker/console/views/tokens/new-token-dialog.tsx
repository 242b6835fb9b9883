import { type Signal, useSignal } from "@preact/signals";
import type { NewToken } from "meerkat-edge";
import { useEffect, useRef } from "preact/hooks";
import { leaveIfRefused, useAccess } from "../../app/access.ts";
import { plainWords } from "../../app/plain-words.ts";
import { moment } from "../../parts/figures.ts";
import { Form } from "../../parts/form.tsx";
import { Modal } from "../../parts/modal.tsx";
import { TokenFields } from "./token-fields.tsx";
import { tokenOptions } from "./token-options.ts";

interface NewTokenDialogProps {
  isOpen: Signal<boolean>;
  onCreated: () => void;
}

/** Makes a token, and shows it this once. */
export function NewTokenDialog({ isOpen, onCreated }: NewTokenDialogProps) {
  const made = useSignal<NewToken | undefined>(undefined);
  useEffect(() => {
    // The secret does not stay behind in the page.
    if (!isOpen.value) made.value = undefined;
  }, [isOpen.value]);
  const isMade = made.value !== undefined;
  return (
    <Modal title={isMade ? "Copy the token now" : "New token"} isOpen={isOpen} isFirm={isMade}>
      {made.value ? (
        <Made token={made.value} onDone={() => (isOpen.value = false)} />
      ) : (
        <Making
          onMade={(token) => {
            made.value = token;
            onCreated();
          }}
        />
      )}
    </Modal>
  );
}

function Making({ onMade }: { onMade: (token: NewToken) => void }) {
  const { client } = useAccess();
  const isBusy = useSignal(false);
  const problem = useSignal<string | undefined>(undefined);
  const create = async (fields: FormData) => {
    isBusy.value = true;
    problem.value = undefined;
    try {
      onMade(await client.tokens.create(tokenOptions(fields)));
    } catch (error) {
      if (!leaveIfRefused(error)) problem.value = plainWords(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <Form onSubmit={create}>
      <TokenFields />
      <p class="problem" role="alert">
        {problem}
      </p>
      <footer>
        <button class="primary" disabled={isBusy.value}>
          {isBusy.value ? "Creating…" : "Create token"}
        </button>
      </footer>
    </Form>
  );
}

function Made({ token: { token, expiresAt }, onDone }: { token: NewToken; onDone: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const outcome = useSignal("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(token);
      outcome.value = "Copied";
    } catch {
      field.current?.select();
      outcome.value = "The browser did not allow it: copy what is marked";
    }
  };
  return (
    <>
      <p class="banner warn" role="alert">
        It is shown this once: nobody can look it up later. Whoever has it is let in
        {expiresAt === undefined ? ", until it is revoked" : ` until ${moment(expiresAt * 1_000)}`}.
      </p>
      <label>
        Token
        <textarea ref={field} class="secret" readOnly rows={3} value={token} />
      </label>
      <footer>
        <output class="good grow">{outcome.value}</output>
        <button onClick={() => void copy()}>Copy token</button>
        <button class="primary" onClick={onDone}>
          I have it
        </button>
      </footer>
    </>
  );
}

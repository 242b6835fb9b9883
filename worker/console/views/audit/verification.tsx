import { useSignal } from "@preact/signals";
import type { OutputOf } from "meerkat-edge";
import { useAccess } from "../../app/access.ts";
import { tellFailure } from "../../app/notices.ts";
import { CopyButton } from "../../parts/copy-button.tsx";

type Verdict = OutputOf<"audit/verify">;

/** Has the deployment compute the chain of hashes again, and says what came of it. */
export function Verification() {
  const { client } = useAccess();
  const verdict = useSignal<Verdict | undefined>(undefined);
  const isBusy = useSignal(false);
  const verify = async () => {
    isBusy.value = true;
    try {
      verdict.value = await client.call("audit/verify", {});
    } catch (error) {
      verdict.value = undefined;
      tellFailure(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <section class="card verification" aria-label="Integrity">
      <output class="grow">
        {verdict.value ? (
          <Outcome verdict={verdict.value} />
        ) : (
          <p class="soft">
            Each entry’s hash covers the one before. Verifying computes them all again, and finds
            the first that was changed or is missing.
          </p>
        )}
      </output>
      <button disabled={isBusy.value} onClick={() => void verify()}>
        {isBusy.value ? "Verifying…" : "Verify"}
      </button>
    </section>
  );
}

function Outcome({ verdict: { valid, checked, broken_at, last_seq, head } }: { verdict: Verdict }) {
  if (!valid) {
    return (
      <p class="problem">
        <b>The log was changed at entry {broken_at}.</b> What comes before it is as it was written.
      </p>
    );
  }
  return (
    <>
      <p class="good">
        <b>✓ The chain is whole:</b> {checked} {checked === 1 ? "entry" : "entries"} checked.
      </p>
      {head !== undefined && (
        <p class="head soft">
          Head {last_seq} <code>{head}</code>
          <CopyButton text={() => `${last_seq} ${head}`} name="Head">
            Copy
          </CopyButton>
        </p>
      )}
    </>
  );
}

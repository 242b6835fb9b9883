import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Notices } from "./notices.tsx";
import { noteDialog } from "./open-dialogs.ts";

interface ModalProps {
  title: string;
  isOpen: Signal<boolean>;
  /** Whether a click beside it or Esc leaves it open, because what it shows cannot be had again. */
  isFirm?: boolean;
  children: ComponentChildren;
}

/** A native dialog: it keeps the focus, closes with Esc, and gives the focus back. */
export function Modal({ title, isOpen, isFirm = false, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const open = isOpen.value;
  useEffect(() => {
    if (!open) return undefined;
    dialog.current?.showModal();
    const end = noteDialog(heading);
    return () => {
      dialog.current?.close();
      end();
    };
  }, [open]);
  return (
    <dialog
      closedby={isFirm ? "none" : "any"}
      ref={dialog}
      aria-labelledby={heading}
      onClose={() => (isOpen.value = false)}
    >
      {open && (
        <div class="dialog">
          <header>
            <h2 id={heading}>{title}</h2>
            <button class="quiet icon" aria-label="Close" onClick={() => (isOpen.value = false)}>
              ✕
            </button>
          </header>
          {children}
        </div>
      )}
      {open && <Notices dialog={heading} />}
    </dialog>
  );
}

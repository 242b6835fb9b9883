import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

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
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
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
    </dialog>
  );
}

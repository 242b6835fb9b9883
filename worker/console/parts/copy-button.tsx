import type { ComponentChildren } from "preact";
import { tell } from "../app/notices.ts";

/** Copies text and says so. */
export async function copyText(text: string, name: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${name} copied`);
  } catch {
    tell("The browser did not allow copying", "bad");
  }
}

interface CopyButtonProps {
  /** What is copied; made when it is asked for. */
  text: () => string;
  name: string;
  children: ComponentChildren;
}

/** A button that copies. */
export function CopyButton({ text, name, children }: CopyButtonProps) {
  return (
    <button class="quiet" onClick={() => void copyText(text(), name)}>
      {children}
    </button>
  );
}

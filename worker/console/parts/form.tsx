import type { ComponentChildren } from "preact";
import { tellFailure } from "../app/notices.ts";

interface FormProps {
  class?: string;
  onSubmit: (fields: FormData) => Promise<void>;
  children: ComponentChildren;
}

/** A form whose fields go to code rather than to an address; what that throws is told at the page's edge. */
export function Form({ class: className, onSubmit, children }: FormProps) {
  return (
    <form
      class={className}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(new FormData(event.currentTarget)).catch(tellFailure);
      }}
    >
      {children}
    </form>
  );
}

/** What was written into a field; `undefined` for nothing. */
export function textOf(fields: FormData, name: string): string | undefined {
  const value = fields.get(name);
  return (typeof value === "string" && value.trim()) || undefined;
}

import { EmptyState } from "./empty-state.tsx";

/** For who may not see a page: which token may. */
export function AdminsOnly({ title }: { title: string }) {
  return (
    <EmptyState title={title}>
      <p>
        Your token does not have the scope <code>admin</code>. Sign in with one that has it, or ask
        whoever gave you this one.
      </p>
    </EmptyState>
  );
}

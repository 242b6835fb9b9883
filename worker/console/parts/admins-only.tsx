import { EmptyState } from "./empty-state.tsx";

/** For who may not see a page: which token may. */
export function AdminsOnly({ page }: { page: string }) {
  return (
    <>
      <div class="page-head">
        <h1>{page}</h1>
      </div>
      <EmptyState title="This page is for administrators">
        <p>
          Your token does not have the scope <code>admin</code>. Sign in with one that has it, or
          ask whoever gave you this one.
        </p>
      </EmptyState>
    </>
  );
}

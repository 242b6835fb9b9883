import { entrance } from "./access.ts";
import { Notices } from "../parts/notices.tsx";
import { SignIn } from "../views/sign-in.tsx";
import { Shell } from "./shell.tsx";

/** The whole console: a way in, then the pages. */
export function App() {
  const { kind } = entrance.value;
  return (
    <>
      {kind === "in" && <Shell />}
      {kind === "out" && <SignIn />}
      {kind === "trying" && (
        <header class="topbar">
          <span class="brand">Meerkat Edge</span>
        </header>
      )}
      <Notices />
    </>
  );
}

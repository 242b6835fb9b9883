import { useSignal } from "@preact/signals";
import { entrance, signIn } from "../app/access.ts";
import { plainWords } from "../app/plain-words.ts";
import { Form, textOf } from "../parts/form.tsx";
import { ThemeButton } from "../parts/theme-button.tsx";

/** The way in with an access token. */
export function SignIn() {
  const isBusy = useSignal(false);
  const problem = useSignal(entrance.value.kind === "out" ? entrance.value.notice : undefined);
  const submit = async (form: FormData) => {
    isBusy.value = true;
    problem.value = undefined;
    try {
      const credentials = { token: textOf(form, "token"), realm: textOf(form, "realm") };
      await signIn(credentials, form.has("remember"));
    } catch (error) {
      problem.value = plainWords(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <>
      <header class="topbar">
        <span class="brand">Meerkat Edge</span>
        <span class="grow" />
        <ThemeButton />
      </header>
      <main class="page sign-in">
        <Form class="card" onSubmit={submit}>
          <h1>Sign in</h1>
          <p>
            With an access token of your realm. Make one with <code>rkat tokens create</code>, or
            use the deployment’s <code>RKAT_ADMIN_TOKEN</code>.
          </p>
          <label>
            Token
            <input name="token" type="password" autocomplete="current-password" required />
          </label>
          <details>
            <summary>Another realm</summary>
            <label>
              Realm
              <input name="realm" autocomplete="off" placeholder="the token’s own" />
            </label>
          </details>
          <label class="check">
            <input name="remember" type="checkbox" /> Remember on this device
          </label>
          <p class="problem" role="alert">
            {problem}
          </p>
          <button class="primary" disabled={isBusy.value}>
            {isBusy.value ? "Signing in…" : "Sign in"}
          </button>
        </Form>
      </main>
    </>
  );
}

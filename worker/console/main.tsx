import { render } from "preact";
import { startAccess } from "./app/access.ts";
import { startRouter } from "./app/router.ts";
import { startShortcuts } from "./app/shortcuts.ts";
import { startGuard } from "./app/unsaved.ts";
import { App } from "./app/app.tsx";

const place = document.querySelector("#app");
if (place) {
  startRouter();
  startShortcuts();
  startGuard();
  void startAccess();
  place.replaceChildren();
  render(<App />, place);
}
